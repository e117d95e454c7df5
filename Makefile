# Every recipe builds into one target directory outside the clone, shared by all clones of a machine.
export CARGO_TARGET_DIR ?= $(HOME)/.cache/ordak-station/target

.PHONY: check tools shots figures

# What CI runs: format, clippy, the kiosk without its sandbox, tests (tidy among them).
check: tools
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	cargo clippy --locked --no-default-features -- -D warnings
	cargo test --locked

# What a fresh Debian lacks: PostgreSQL 15 for the tests, and a display to look at.
tools:
	@packaging/tools

# The figures in the README: of the release build, with the sizes of both builds.
figures: tools
	cargo build --locked --release --no-default-features --target-dir $(CARGO_TARGET_DIR)/kiosk
	cargo bench --locked --bench figures
	@ls -l $(CARGO_TARGET_DIR)/release/ordak-station $(CARGO_TARGET_DIR)/kiosk/release/ordak-station
