divert(-1)
dnl domain: a DOMAIN asks for it, so the site may not have the file.
ifelse(_ARG_, `domain', `_feature()', `_plain()')
_m4_define(`USE_CW_FILE', `')
_m4_define(`_line_of_USE_CW_FILE', defn(`_at_line'))
_m4_define(`_file_of_USE_CW_FILE', defn(`_at_file'))
