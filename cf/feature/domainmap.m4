divert(-1)
_feature()
ifdef(`_DOMAIN_MAP_', `', `_m4_define(`_DOMAIN_MAP_', `1')_line(`Kdomainmap_regex regex -a.:NOTDONE: -s1,2 -d_ (.*)[-\.]([^-\.]*)$')')
_begin()K`domain_'translit(_ARG_, `.-', `__') _ARG2_ -T<TEMP>
_end()
