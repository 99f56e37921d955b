#include "installer/plan/lan_time.h"

#include "bundle/base/text.h"

namespace rootcellar {
namespace {

/// The package's own folders: its AppArmor profile allows chronyd no others. A jump is allowed when chrony starts only: later, databases and
/// certificates would see time go back.
constexpr std::string_view k_common = "driftfile /var/lib/chrony/drift\nmakestep 1 3\nrtcsync\n";

}  // namespace

std::string time_server_configuration(const std::vector<std::string>& ranges) {
  std::string out = "# This machine's clock is the site's: nobody else's is reachable.\nlocal stratum 10\n";
  for (const std::string& range : ranges) out += cat("allow ", range, "\n");
  return out.append(k_common);
}

std::string time_client_configuration(const std::vector<std::string>& servers) {
  std::string out = "# The first node's clock is the site's.\n";
  for (const std::string& server : servers) out += cat("server ", server, " iburst\n");
  return out.append("port 0\n").append(k_common);
}

/// As the package's own unit: started by root, sandboxed, and soon nobody but _chrony. It has started when it answers.
std::string time_service(std::string_view configuration, bool in_container) {
  return cat("[Unit]\nDescription=Time of the installed appliance\nConflicts=chrony.service systemd-timesyncd.service\n"
             "Wants=time-sync.target\nBefore=time-sync.target\nAfter=network.target rootcellar-clock.service\n\n[Service]\n"
             "Type=forking\nPIDFile=/run/chrony/chronyd.pid\nUser=_chrony\nExecStart=!/usr/sbin/chronyd", in_container ? " -x" : "", " -f ", configuration,
             "\nRestart=always\nRestartSec=2\nRuntimeDirectory=chrony\nRuntimeDirectoryMode=0700\nRuntimeDirectoryPreserve=restart\n"
             "CapabilityBoundingSet=CAP_CHOWN CAP_DAC_OVERRIDE CAP_DAC_READ_SEARCH CAP_FOWNER CAP_NET_BIND_SERVICE CAP_SETGID CAP_SETUID "
             "CAP_SYS_NICE CAP_SYS_RESOURCE CAP_SYS_TIME\n"
             "DeviceAllow=char-rtc rw\nDevicePolicy=closed\nProtectSystem=strict\nReadWritePaths=/run /var/lib/chrony\n"
             "ProtectHome=yes\nPrivateTmp=yes\nProtectKernelTunables=yes\nProtectKernelModules=yes\nProtectControlGroups=yes\n"
             "RestrictNamespaces=yes\nLockPersonality=yes\nNoNewPrivileges=yes\nSystemCallArchitectures=native\n\n"
             "[Install]\nWantedBy=multi-user.target\n");
}

std::string clock_program(std::string_view seen) {
  return cat("#!/bin/sh\n"
             "# A machine whose battery is empty begins every boot years ago: the time of this file is the last that was seen.\n"
             "set -eu\nseen=", seen, "\n"
             "case \"${1:-}\" in\n"
             "raise)\n"
             "  then=$(stat -c %Y \"$seen\")\n"
             "  [ \"$(date +%s)\" -ge \"$then\" ] || date --utc --set=\"@$then\"\n"
             "  ;;\n"
             "note) touch --no-create \"$seen\" ;;\n"
             "*) echo \"usage: ${0##*/} raise|note\" >&2; exit 2 ;;\n"
             "esac\n");
}

std::string clock_service(std::string_view program, std::string_view folder) {
  return cat("[Unit]\nDescription=No boot begins before the last time that was seen\nDefaultDependencies=no\nRequiresMountsFor=", folder,
             "\nWants=time-set.target\nBefore=time-set.target sysinit.target shutdown.target\nConflicts=shutdown.target\n\n"
             "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=", program, " raise\nExecStop=", program,
             " note\n\n[Install]\nWantedBy=sysinit.target\n");
}

std::string clock_note_service(std::string_view program) {
  return cat("[Unit]\nDescription=Notes that this time was seen\nRequires=rootcellar-clock.service\nAfter=rootcellar-clock.service\n\n"
             "[Service]\nType=oneshot\nExecStart=", program, " note\n");
}

/// What a power cut loses of the time is what has gone by since the last note.
std::string clock_note_timer() {
  return "[Unit]\nDescription=Notes the time, for a boot without a battery\n\n"
         "[Timer]\nOnActiveSec=1min\nOnUnitActiveSec=10min\n\n[Install]\nWantedBy=timers.target\n";
}

}  // namespace rootcellar
