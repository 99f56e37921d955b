// rootcellar: the program of the connected machine. The only one that may use the network.
#include "builder/commands/program.h"
#include "bundle/base/secret.h"

int main(int argc, char** argv) {
  rootcellar::keep_secrets_out_of_cores();
  return rootcellar::cli::run(rootcellar::builder_program(), argc, argv);
}
