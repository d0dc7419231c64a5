divert(-1)
_map(`genericstable', `generics', _or(defn(`_arg1'), ``hash 'MAIL_SETTINGS_DIR`genericstable''))
