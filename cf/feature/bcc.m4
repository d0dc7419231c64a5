divert(-1)
dnl The map or access, the address to use, how to send it, a map that makes addresses canonical.
_feature()
_line(`O AddBcc=true')
ifelse(lower(_ARG_), `access', `', `_begin()Kbcctable ifelse(defn(`_ARG_'), `', `DATABASE_MAP_TYPE MAIL_SETTINGS_DIR`bcctable'', `_ARG_')
_end()')
ifelse(len(X`'_ARG4_), 1, `', `_line(`KcanonicalRcpt '_ARG4_)')
