divert(-1)
_map(`authinfo', `authinfo', _or(defn(`_arg1'), ``hash 'MAIL_SETTINGS_DIR`authinfo''))
