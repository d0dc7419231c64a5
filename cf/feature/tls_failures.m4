divert(-1)
_plain()
define(`confTLS_FALLBACK_TO_CLEAR', `true')
