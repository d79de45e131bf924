# Bash functions of every job; pipeline/rules/common.smk puts them before each rule's command.

# job LOG DECISION OUTPUT...: write everything to LOG; once the command ends well, seal the outputs,
# with the digest of what decided them. What people see is read from LOG (pipeline/rules/terminal), unless
# Snakemake was asked to speak for itself.
# The old seal goes first, so that a killed job leaves none (pipeline.rules.seals). A killed Snakemake
# leaves jobs that go on: whoever began last seals, and what an older job writes later is noticed.
job() {
    if [ -n "${ITEACNET_JOBS_SPEAK:-}" ]; then
        local name="${1#build/logs/}"
        name="${name%.txt}"
        exec &> >(tee -- "$1" | sed -u "s|^|${name//[_\/]/ }: |")
    else
        exec &> "$1"
    fi
    decision="$2"
    shift 2
    outputs=("$@")
    seal="build/.seals/${1#build/}.sha256"
    rm -f -- "$seal"
    mkdir -p -- "$(dirname -- "$seal")"
    token="$HOSTNAME $$ $RANDOM$RANDOM"
    printf '%s\n' "$token" > "$seal.job"
    trap 'status=$?; [ "$status" -ne 0 ] || seal_outputs' EXIT
    # A signal by itself would leave the status of what ended before it, mostly 0.
    trap 'exit 130' INT TERM HUP
}

# The decision in a comment, then digests of all outputs, as `sha256sum --check` reads them. What a
# seal says must outlast a power cut; only some file systems can bring a folder to the disk.
seal_outputs() {
    if [ "$(cat -- "$seal.job" 2>/dev/null)" != "$token" ]; then
        echo "not sealed: another job has begun to write these files since" >&2
        exit 1
    fi
    printf '# decision %s\n' "$decision" > "$seal.part"
    find "${outputs[@]}" -type f -print0 | sort -z | xargs -0 -r sha256sum -- >> "$seal.part"
    sync -- "$seal.part"
    mv -- "$seal.part" "$seal"
    sync -- "$(dirname -- "$seal")" 2>/dev/null || true
    rm -f -- "$seal.job"
}
