divert(-1)
_feature()
_m4_define(`_REQUIRE_RDNS_', `1')
