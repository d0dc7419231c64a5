divert(-1)
_map(`access_db', `access', _or(ifelse(index(defn(`_arg1'), `-T'), `-1', `patsubst(defn(`_arg1'), `^\([^ ]+\) ', `\1 -T<TMPF> ')', `defn(`_arg1')'), ``hash -T<TMPF> 'MAIL_SETTINGS_DIR`access''), defn(`_arg2'), defn(`_arg3'), defn(`_arg4'))
