divert(-1)
_map(`domaintable', `domaintable', _or(defn(`_arg1'), ``hash 'MAIL_SETTINGS_DIR`domaintable''))
