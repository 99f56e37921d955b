// rootcellar-install: travels on the stick beside the bundle and opens no connection to anything outside its own site.
#include "bundle/base/cli.h"
#include "bundle/base/interrupt.h"
#include "installer/commands/program.h"
#include "installer/host/real_host.h"

int main(int argc, char** argv) {
  rootcellar::catch_interrupts();
  const auto host = rootcellar::make_real_host();
  rootcellar::Surroundings surroundings{*host, {}, ROOTCELLAR_VERSION};
  return rootcellar::cli::run(rootcellar::installer_program(surroundings), argc, argv);
}
