"""Many molecules: files scored into folders of Parquet, and such folders asked as a database."""
