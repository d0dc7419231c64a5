dnl Debian delivers this file without anything in it.
