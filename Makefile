# Everything runs in an environment of its own, .venv, made on first use. `make` lists the targets.

PYTHON ?= python3
DATA ?=
MOSES_DATA ?=
FCD ?=
STRATEGY ?= random_order
WATCH ?=

VENV := .venv
BIN := $(VENV)/bin
STRATEGIES := random_order max_degree_first min_degree_first anchor_expansion
NEED_DATA := linearize
BENCHMARKS := $(patsubst benchmarks/%/run.py,%,$(wildcard benchmarks/*/run.py))
TRAINING := --preset small --steps 1600 --batch-size 128 --learning-rate 5e-3 \
	--warmup-steps 50 --micro-batch 32 --compile --milestones 100,200,400,800
MOSES_TRAINING := --dataset moses --preset small --steps 6400 --batch-size 128 \
	--learning-rate 5e-3 --warmup-steps 50 --micro-batch 16 --compile --milestones 1600,3200,4800
PLANAR16_TRAINING := --dataset planar --planar-nodes 16 --planar-graphs 200000 --preset small \
	--steps 4000 --batch-size 128 --learning-rate 5e-3 --warmup-steps 50 --micro-batch 32 --compile
PLANAR_TRAINING := --dataset planar --planar-graphs 30000 --preset small --steps 900 \
	--batch-size 32 --learning-rate 5e-3 --warmup-steps 50 --micro-batch 16 --compile

# Tests start some hundred processes: what they import is compiled once, not in every one of them.
unexport PYTHONDONTWRITEBYTECODE

# The settings of the shipped results; planar graphs are four times as long as molecules.
WITH_DATA = $(if $(call DATA_OF,$(1)),--data "$(call DATA_OF,$(1))")
DATA_OF = $(if $(filter moses-%,$(1)),$(MOSES_DATA),$(DATA))
SCORING := --precision bf16 --compile
EVALUATION := --strategy all --permutations 8 $(SCORING)
MODELS := $(notdir $(wildcard assets/checkpoints/*))
MILESTONES := $(wildcard runs/qm9-*/milestones/step-*)

# A stamp says where the environment was made, as none survives being moved. Without one, with
# another folder's, or with an interpreter that no longer starts, the environment is made anew.
IS_WHOLE = { test "$$(cat $(VENV)/made-in)" = "$(CURDIR)" && $(BIN)/python -c ""; } 2>/dev/null
ifneq ($(shell $(IS_WHOLE) && echo whole),whole)
$(shell rm -f $(VENV)/made-*)
endif

.DEFAULT_GOAL := help
.PHONY: help run test check installed train checkpoints results study repair bench

help:  ## List the targets.
	@echo "make TARGET [PYTHON=python3] [DATA=qm9.csv] [MOSES_DATA=folder] [STRATEGY=random_order]"
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  \1\t\2/p' Makefile | expand -t 15

run: $(VENV)/made-in  ## Open the dashboard in a browser; WATCH=1 reruns pages whose source changes.
	$(BIN)/streamlit run dashboard/app.py $(if $(WATCH),--server.fileWatcherType auto)

test: $(VENV)/made-with-test  ## Run the tests.
	@$(BIN)/python -m pytest --numprocesses=logical --maxprocesses=4 --dist=loadfile \
		--no-loadscope-reorder

check: $(VENV)/made-with-test  ## Check style, types and the direction of imports.
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports

installed: $(VENV)/made-with-test  ## Try a built wheel: every command and page, away from the repository.
	deploy/try_wheel.sh $(BIN)/python

train: train-$(STRATEGY)  ## Train the shipped model of STRATEGY; run again to resume.

checkpoints: $(STRATEGIES:%=train-%) moses-random_order moses-min_degree_first planar16-random_order planar-random_order planar-max_degree_first  ## Train all shipped models, one after the other.

train-%: $(VENV)/made-in
	$(BIN)/trailscope train assets/checkpoints/qm9-$* --strategy $* $(TRAINING) \
		$(if $(DATA),--data "$(DATA)")

moses-%: $(VENV)/made-in
	$(BIN)/trailscope train assets/checkpoints/$@ --strategy $* $(MOSES_TRAINING) \
		$(if $(MOSES_DATA),--data "$(MOSES_DATA)")

planar16-%: $(VENV)/made-in
	$(BIN)/trailscope train assets/checkpoints/$@ --strategy $* $(PLANAR16_TRAINING)

planar-%: $(VENV)/made-in
	$(BIN)/trailscope train assets/checkpoints/$@ --strategy $* $(PLANAR_TRAINING)

results: $(MODELS:%=evaluate-%) $(MODELS:%=triage-%) $(MILESTONES:%=milestone/%)  ## Measure all shipped models anew (hours on a CPU); run again to resume.

evaluate-planar-%: $(VENV)/made-in
	$(BIN)/trailscope evaluate --model planar-$* $(EVALUATION) --number 100 \
		--fit-temperature 25 --output assets/results/evaluations/planar-$*

evaluate-planar16-%: $(VENV)/made-in
	$(BIN)/trailscope evaluate --model planar16-$* $(EVALUATION) --number 1000 \
		--fit-temperature 200 --output assets/results/evaluations/planar16-$*

evaluate-%: $(VENV)/made-in
	$(BIN)/trailscope evaluate --model $* $(EVALUATION) --number 1000 \
		--fit-temperature 200 --output assets/results/evaluations/$* $(call WITH_DATA,$*)

triage-planar-%: $(VENV)/made-in
	$(BIN)/trailscope triage --model planar-$* $(SCORING) --number 500 \
		--permutations 16 --chunk 250 --output assets/results/samples/planar-$*

triage-planar16-%: $(VENV)/made-in
	$(BIN)/trailscope triage --model planar16-$* $(SCORING) --number 2000 \
		--output assets/results/samples/planar16-$*

# The data set is compared with: of MOSES the training, test and scaffold sets are needed. FCD=1 also
# computes the Fréchet ChemNet distance, with the extra `fcd` installed (half an hour on a CPU).
triage-moses-%: $(VENV)/made-in
	$(BIN)/trailscope triage --model moses-$* $(SCORING) --number 10000 \
		--output assets/results/samples/moses-$* \
		$(if $(MOSES_DATA),--data "$(MOSES_DATA)",--dataset moses) $(if $(FCD),--fcd)

triage-%: $(VENV)/made-in
	$(BIN)/trailscope triage --model $* $(SCORING) --number 10000 \
		--output assets/results/samples/$* $(if $(DATA),--data "$(DATA)")

# Diversity of linearizations: graphs are few, as every one is written a thousand times.
DIVERSE_qm9 := --dataset qm9 --number 500
DIVERSE_moses := --dataset moses --number 300
DIVERSE_planar := --dataset planar --number 100
diversity-%: $(VENV)/made-in
	$(BIN)/trailscope diversity $(DIVERSE_$*) --samples 1,3,10,30,100,300,1000 --mix 0,0.1,0.3 \
		--limit 1000 --run-folder runs/diversity/$* --output assets/results/diversity/$* \
		$(if $(filter planar,$*),,$(call WITH_DATA,$*-))

# Order, number of graphs and mixing: a name is DATA-STRATEGY and what else its training asks for.
STUDIED := $(foreach order,random_order min_degree_first,$(addprefix qm9-$(order)-, \
	128 1000 10000 all all-seed1 all-seed2)) $(addprefix qm9-min_degree_first-,mix10 mix30)
STUDY_TRAINING := --preset small --steps 400 --batch-size 128 --learning-rate 5e-3 \
	--warmup-steps 50 --micro-batch 16 --precision fp32 --validate-at 25,50,100,200,300,400
STUDYING = --number 300 --permutations 8 --samples 1000 --run-folder runs/study/measured/$* \
	--output assets/results/training/$* $(call WITH_DATA,$*)
STUDY_128 := --subset 128
STUDY_1000 := --subset 1000
STUDY_10000 := --subset 10000
STUDY_mix10 := --mix 0.1
STUDY_mix30 := --mix 0.3
STUDY_seed1 := --seed 1
STUDY_seed2 := --seed 2
study: $(STUDIED:%=study-%)  ## Train and measure the models of the study (a day on a CPU); run again to resume.

study-%: $(VENV)/made-in
	$(BIN)/trailscope train runs/study/$* --name $* --run-folder runs/study/state/$* \
		--strategy $(word 2,$(subst -, ,$*)) \
		$(foreach word,$(wordlist 3,4,$(subst -, ,$*)),$(STUDY_$(word))) \
		$(STUDY_TRAINING) $(call WITH_DATA,$*)
	$(BIN)/trailscope study runs/study/$* $(STUDYING)

# From runs/MODEL/milestones/STEP, which training leaves behind, to results/milestones/MODEL/STEP.
milestone/%: $(VENV)/made-in
	$(BIN)/trailscope triage --model $* $(SCORING) --number 1000 \
		--output assets/results/milestones/$(subst /milestones/,/,$(*:runs/%=%))

# Of models of MOSES, arms at the numbers of LoRA of ranks 1 and 4; of those of QM9, all arms.
REPAIRED := $(filter $(MODELS),qm9-min_degree_first moses-min_degree_first)
OF_EQUAL_SIZE := snip gradient random hindsight
MOSES_ARMS := none full lora-rank-1 lora-rank-4 $(OF_EQUAL_SIZE:%=sparse-%-26496) \
	$(OF_EQUAL_SIZE:%=sparse-%-105984)
EMPTY :=
COMMA := ,
repair: $(REPAIRED:%=repair-%)  ## Run the repair experiments anew (hours on a CPU); run again to resume.

repair-%: $(VENV)/made-in
	$(BIN)/trailscope repair --model $* --compile \
		$(if $(filter moses-%,$*),--arms $(subst $(EMPTY) $(EMPTY),$(COMMA),$(MOSES_ARMS))) \
		--output assets/results/repair/$* $(call WITH_DATA,$*)

bench: $(BENCHMARKS:%=bench-%)  ## Run the benchmarks and draw their records.

bench-%: $(VENV)/made-with-bench
	$(BIN)/python -m benchmarks.$*.run $(if $(and $(DATA),$(filter $*,$(NEED_DATA))),--source "$(DATA)") \
		$(if $(and $(MOSES_DATA),$(filter $*,$(NEED_DATA))),--moses "$(MOSES_DATA)")
	$(if $(wildcard benchmarks/$*/plot.py),$(BIN)/python -m benchmarks.$*.plot)

# Each recipe removes its stamp first and writes it last: whatever breaks off starts over.
$(VENV)/made-in: pyproject.toml constraints.txt
	@$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null || { \
		echo "TrailScope needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1 | head -n 1)."; \
		echo "Name another interpreter, such as: make PYTHON=python3.12 $(MAKECMDGOALS)"; \
		exit 1; }
	@test -f $@ || $(PYTHON) -m venv --clear $(VENV)
	@rm -f $(VENV)/made-*
	$(BIN)/python -m pip install --constraint constraints.txt --editable .
	@echo "$(CURDIR)" > $@

$(VENV)/made-with-%: $(VENV)/made-in
	@rm -f $@
	$(BIN)/python -m pip install --constraint constraints.txt --editable ".[$*]"
	@touch $@
