divert(-1)
_feature()
define(`confTLS_FALLBACK_TO_CLEAR', `true')
