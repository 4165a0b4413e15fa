// SPDX-License-Identifier: Apache-2.0
// What killed tmbpfs left in the run directory: locks that nobody holds, sockets that nobody
// listens at. Who traces the same process next replaces them; those of processes that are gone
// would stay.
#pragma once

namespace tmbpf {

// Removes those of processes that are gone. What a session keeps of an ended process, and what is
// another user's, stays. Never throws: nothing depends on it.
void remove_leftovers();

}  // namespace tmbpf
