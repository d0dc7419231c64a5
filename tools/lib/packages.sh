# Sourced by the tools: installs Debian packages that are missing, and only those. Needs root (or
# sudo without a password) for that step alone; with everything in place it does nothing.

build_packages="g++ cmake ninja-build pkg-config ccache libssl-dev libevent-dev libsasl2-dev libdb5.3-dev
  libunbound-dev libre2-dev libldap-dev libfmt-dev nlohmann-json3-dev libgtest-dev libsasl2-modules m4 openssl"
run_packages="sasl2-bin swaks libnet-ssleay-perl libauthen-sasl-perl python3 ca-certificates"
test_packages="sslscan opendkim python3-milter"
bench_packages="libbenchmark-dev"
check_packages="clang-format clang-tidy-19 clang-19 libclang-rt-19-dev"

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

need() {
  missing=
  for package in "$@"; do installed "$package" || missing="$missing $package"; done
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null || { echo "missing packages:$missing" >&2; return 1; }
  as_root=
  if [ "$(id -u)" != 0 ]; then
    as_root="sudo -n"
    $as_root true 2>/dev/null || {
      echo "missing packages; as root: apt-get install$missing" >&2
      return 1
    }
  fi
  echo "installing:$missing"
  # Retried once: a first boot may still hold the package lock or have an old list.
  for try in 1 2; do
    $as_root apt-get -qq update && DEBIAN_FRONTEND=noninteractive $as_root apt-get -qq -y \
      -o DPkg::Lock::Timeout=300 install --no-install-recommends $missing >/dev/null && return 0
    echo "apt-get failed (try $try)" >&2
  done
  return 1
}
