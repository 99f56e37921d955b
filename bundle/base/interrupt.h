// Ctrl-C and SIGTERM as an exception at safe places, never as a half-finished file.
#pragma once

namespace rootcellar {

/// Installs handlers for SIGINT, SIGTERM and SIGHUP that only set a flag; a second SIGINT ends the process. Called once, by main.
void catch_interrupts();
/// Throws Interrupted when a signal has arrived. Long loops call it.
void poll_interrupt();
bool interrupt_requested() noexcept;

}  // namespace rootcellar
