divert(-1)
_feature()
_begin()Kdrac ifelse(defn(`_ARG_'), `', `DATABASE_MAP_TYPE MAIL_SETTINGS_DIR`drac'', `_ARG_')
_end()
