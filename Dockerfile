# The dashboard as an image, for strangers: docker build -t trailscope . (docs/hosting.md)
FROM debian:bookworm-slim

# An index of packages beside pip's own. That of PyTorch's CPU builds keeps the image below 2 GB.
ARG PIP_EXTRA_INDEX_URL=

COPY . /source
RUN /source/deploy/install.sh /source /opt/trailscope && rm -r /source

ENV PATH=/opt/trailscope/bin:/usr/local/bin:/usr/bin:/bin
ENV HOME=/tmp
ENV OMP_NUM_THREADS=1
ENV PYTHONUNBUFFERED=1
ENV TRAILSCOPE_HOSTED=1
ENV TRAILSCOPE_DATA=/tmp/trailscope
ENV TRAILSCOPE_MODELS=/tmp/trailscope/models

USER 1000
WORKDIR /tmp
EXPOSE 8501
HEALTHCHECK --start-period=60s --timeout=5s CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
CMD ["trailscope", "app", "--address", "0.0.0.0"]
