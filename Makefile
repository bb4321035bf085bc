# Recoupe. Les réglages s'écrivent derrière la commande : make demo PORT=8100 DATA=/srv/recoupe DETACH=1

SHELL := /bin/sh
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help

BIN := .venv/bin
# A Python that every account reaches is better than one in somebody's home: each process runs under its own account.
PYTHON ?= $(shell for p in /usr/bin/python3 python3; do \
	"$$p" -I -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; exit; }; \
	done; echo python3)

# Only what stands behind the command: a HOST that a shell exports must not open the sites to the network.
ifeq ($(origin HOST),command line)
export RECOUPE_HOST := $(HOST)
endif
export DATA PORT PORTAL_PORT SIGNIN_PORT DETACH SCALE DATABASE_URL

.PHONY: help setup demo demo-stop demo-status test check lock messages bench .python .check

help: ## montre ces commandes
	@echo "Recoupe : make COMMANDE [RÉGLAGE=valeur…]"
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' Makefile

.python:
	@command -v "$(PYTHON)" >/dev/null 2>&1 || { \
		echo "Python est absent : installez python3 et python3-venv (apt install python3 python3-venv)."; exit 1; }
	@"$(PYTHON)" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Recoupe demande Python 3.11 ou plus récent : installez-le, ou donnez-le avec PYTHON=…"; exit 1; }

setup: .python ## prépare l'environnement Python (.venv) ou le répare
	@"$(PYTHON)" -I recoupe/cli/environment.py runtime

demo: setup ## démarre la démonstration (PORT=8000 PORTAL_PORT=8080 DATA=data DETACH=1 SCALE=1 HOST=…)
	@$(BIN)/recoupe demo start

demo-stop: ## arrête ce que ce dossier DATA fait tourner
	@test -x $(BIN)/recoupe || { echo "Rien à arrêter : l'environnement n'existe pas."; exit 0; }; \
		exec $(BIN)/recoupe demo stop

demo-status: setup ## dit ce qui tourne et où
	@$(BIN)/recoupe demo status

# Hundreds of processes start in the tests: where a machine keeps no compiled code, each would compile the house anew.
test: .python ## prépare tout, puis passe tous les contrôles et tous les essais, navigateur compris
	@"$(PYTHON)" -I recoupe/cli/environment.py runtime test browser batch
	@$(MAKE) .check
	@echo "Essais…"
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -ra -n 2 --dist loadfile --no-loadscope-reorder

check: .python ## style, types et étages seulement
	@"$(PYTHON)" -I recoupe/cli/environment.py runtime test
	@$(MAKE) .check

.check:
	@echo "Style…";  $(BIN)/ruff check recoupe tests
	@echo "Types…";  $(BIN)/mypy recoupe tests
	@echo "Étages…"; $(BIN)/lint-imports

lock: .python ## refait les fichiers de versions (il faut uv ; UPGRADE=1 : versions plus récentes)
	@"$(PYTHON)" -m recoupe.cli.locks $(if $(UPGRADE),--upgrade)

messages: setup ## relève les phrases à traduire et compile les traductions
	@$(BIN)/recoupe messages --collect

bench: setup ## mesures : make bench AREA=thread (QUICK=1 : un dixième)
	@$(BIN)/recoupe bench $(or $(AREA),thread) $(if $(QUICK),--quick) --json
