divert(-1)
_map(`mailertable', `mailertable', _or(defn(`_arg1'), ``hash 'MAIL_SETTINGS_DIR`mailertable''))
