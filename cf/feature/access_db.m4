divert(-1)
dnl The map, and up to three of skip, lookupdotdomain, relaytofulladdress. A map that does not say what a failure
dnl is gets -T<TMPF>; one that asks others cannot.
_m4_define(`_blank', index(_ARG_, ` '))
ifelse(defn(`_ARG_'), `', `', defn(`_ARG_'), `LDAP', `', index(_ARG_, `sequence '), 0, `', index(_ARG_, `-T<TMPF>'), -1,
`_m4_define(`_ARG_', substr(_ARG_, 0, _blank)` -T<TMPF>'substr(_ARG_, _blank))')
_map(`access', `access', `access', `-T<TMPF>')
_m4_define(`_ACCESS_TABLE_', `')
