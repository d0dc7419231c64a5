divert(-1)
_plain()
_m4_define(`_REQUIRE_RDNS_', `1')
