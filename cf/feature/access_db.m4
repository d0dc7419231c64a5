divert(-1)
_feature(`access_db', ifelse(defn(`_arg1'), `', ``hash -T<TMPF> 'MAIL_SETTINGS_DIR`access'', `defn(`_arg1')'), defn(`_arg2'), defn(`_arg3'), defn(`_arg4'))
