"""The unit with which systemd runs Perezvon: started again when it fails, and locked in."""

import sys
from pathlib import Path
from typing import Final

_HOMES: Final = (Path("/home"), Path("/root"), Path("/run/user"))

_UNIT: Final = """\
[Unit]
Description=Perezvon, the CRM of a call centre beside an Asterisk
Wants=network-online.target
After=network-online.target postgresql.service asterisk.service
# A database that is not up yet is tried again for as long as it takes.
StartLimitIntervalSec=0

[Service]
# It says itself when it serves, and that it lives; without a word for a minute it is started anew.
Type=notify
NotifyAccess=main
WatchdogSec=60
ExecStart={program} run --config {config}
Restart=on-failure
RestartSec=5
# A new version may bring a large database up to date first.
TimeoutStartSec=15min
TimeoutStopSec=30

User={user}
StateDirectory=perezvon
StateDirectoryMode=0700
WorkingDirectory=/var/lib/perezvon
UMask=0077

NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome={home}
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""


def make_unit(program: Path, *, user: str, config: Path) -> str:
    """The whole unit; `program` is the command `perezvon` of this installation."""
    at_home = any(program.is_relative_to(home) for home in _HOMES)
    return _UNIT.format(
        program=_quoted(str(program)),
        user=user,
        config=_quoted(str(config)),
        home="read-only" if at_home else "yes",  # it would not find itself
    )


def program() -> Path:
    """Where this installation's `perezvon` stands."""
    return Path(sys.executable).with_name("perezvon")


def _quoted(text: str) -> str:
    """One word of a command as systemd reads it, whose own signs are doubled."""
    shown = text.replace("%", "%%").replace("$", "$$")
    shown = shown.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{shown}"' if any(c.isspace() for c in text) else shown
