# HEADWAY_PEERS_DIR: where `make peers` puts the runtimes to race against (see scripts/peers).
if(DEFINED ENV{HEADWAY_PEERS})
  set(HEADWAY_PEERS_DIR $ENV{HEADWAY_PEERS})
elseif(DEFINED ENV{XDG_DATA_HOME})
  set(HEADWAY_PEERS_DIR $ENV{XDG_DATA_HOME}/headway/peers)
else()
  set(HEADWAY_PEERS_DIR $ENV{HOME}/.local/share/headway/peers)
endif()
