divert(-1)
dnl The map, NO_SAN_TST.
_feature()
_line(`O StrictTransportSecurity=true')
ifelse(_ARG2_, `NO_SAN_TST', `', `_line(`O SetCertAltnames=true')')
_begin()Ksts ifelse(defn(`_ARG_'), `', `socket -d5 -T<TMPF> inet:5461@127.0.0.1', `_ARG_')
_end()
