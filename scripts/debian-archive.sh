# Asks Debian's archive, with an apt state of its own: to be sourced by scripts/fetch-debian-*.
#
# archive_open ROOT LINE..    sets up apt under ROOT with these lines of sources, in which @ stands for the options and
#                             the mirror; ends with status 3 if the archive cannot be asked from here
# archive_apt COMMAND ARGS..  apt-get or apt-cache with that state
#
# Nothing outside ROOT is changed, and root is not needed.

archive_cannot() {
    echo "Debian's archive cannot be asked: $*" >&2
    exit 3
}

# The mirror that this machine is set up with, whichever it is. Its origin is known once apt has updated.
archive_sites() {
    apt-get indextargets --format '$(SITE)' 'Created-By: Packages' "$@" 2>/dev/null
}

archive_open() {
    local root=$1 helper=/usr/lib/apt/apt-helper keyring=/usr/share/keyrings/debian-archive-keyring.gpg mirror line
    shift
    command -v apt-get >/dev/null && [ -x "$helper" ] || archive_cannot "there is no apt here"
    [ -r "$keyring" ] || archive_cannot "there is no $keyring (package debian-archive-keyring)"
    mirror=$(archive_sites 'Origin: Debian' | grep -v -e -security -e '^$' | head -n 1 || true)
    [ -n "$mirror" ] || mirror=$(archive_sites | grep '/debian/*$' | head -n 1 || true)
    [ -n "$mirror" ] || archive_cannot "apt knows no mirror of Debian"

    local apt=$root/apt
    mkdir -p "$apt"/{lists/partial,cache/archives/partial,etc}
    : >"$apt/status"
    for line in "$@"; do
        echo "${line/@/[signed-by=$keyring] $mirror}"
    done >"$apt/etc/sources.list"
    archive_options=(-o "Dir::State=$apt" -o "Dir::State::lists=$apt/lists" -o "Dir::State::status=$apt/status"
        -o "Dir::Cache=$apt/cache" -o "Dir::Etc::sourcelist=$apt/etc/sources.list" -o Dir::Etc::sourceparts=-
        -o APT::Sandbox::User=root -o Acquire::Retries=2 -o Acquire::http::Timeout=30)
    # What every mirror has: only then is it the archive's fault if the rest fails.
    "$helper" "${archive_options[@]}" download-file "$mirror/dists/stable/InRelease" "$apt/InRelease" \
        >"$apt/update.log" 2>&1 || { cat "$apt/update.log" >&2; archive_cannot "the mirror does not answer"; }
    # A suite that the mirror no longer has must not hide what the others have.
    archive_apt apt-get -q -o APT::Update::Error-Mode=any update >"$apt/update.log" 2>&1 || cat "$apt/update.log" >&2
}

archive_apt() {
    local command=$1
    shift
    "$command" "${archive_options[@]}" "$@"
}
