// SPDX-License-Identifier: Apache-2.0
#include "userspace/trace/probe_links.h"

#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tmbpf.skel.h"
#include "userspace/trace/sampling/window_probes.h"
#include "util/error.h"

namespace tmbpf {
namespace {

bool is_left_out(const tmbpf_site& site, TraceMode mode) {
  return mode != TraceMode::exact &&
         (is_small_free(site) ||
          (mode == TraceMode::sampled && stratum_of(site) != TMBPF_STRATUM_NONE));
}

// The plan's sites of these operations; a site's cookie is its index in the plan.
// Only what the mode always needs.
UprobeBatch batch_of(const PythonTarget& target, const std::vector<int>& operations,
                     TraceMode mode) {
  UprobeBatch batch{.path = target.image_file->path(), .pid = target.identity.pid};
  for (std::size_t i = 0; i < target.plan.sites.size(); ++i) {
    const ProbeSite& site = target.plan.sites[i];
    if (is_left_out(site.site, mode)) {
      continue;
    }
    if (std::find(operations.begin(), operations.end(), site.site.op) != operations.end()) {
      batch.offsets.push_back(site.file_offset);
      batch.cookies.push_back(i);
      batch.on_return = site.attach == AttachKind::function_return;
    }
  }
  return batch;
}

}  // namespace

void ProbeLinks::LinkDeleter::operator()(bpf_link* link) const { bpf_link__destroy(link); }

ProbeLinks::ProbeLinks(const tmbpf_bpf& skeleton, const PythonTarget& target,
                       const TraceOptions& options, TraceMode method, bool multi)
    : skeleton_(&skeleton), multi_(multi), follow_(options.follow) {
  watch_lifecycle();
  const auto& progs = skeleton.progs;
  const auto attach = [&](const bpf_program* program, const std::vector<int>& operations) {
    return UprobeLink(options.bare ? progs.nothing_enter : program,
                      batch_of(target, operations, method), multi);
  };
  returns_ = attach(progs.allocate_exit, {TMBPF_OP_RAW_RETURN, TMBPF_OP_REFILL_RETURN});
  releases_ = attach(progs.release_enter, {TMBPF_OP_FREE, TMBPF_OP_RESULT, TMBPF_OP_UNTRACK});
  owners_ = attach(progs.owner_enter, options.freelists
                                          ? std::vector<int>{TMBPF_OP_NEW_REFERENCE, TMBPF_OP_TRACK}
                                          : std::vector<int>{TMBPF_OP_TRACK});
  requests_ = attach(progs.allocate_enter, {TMBPF_OP_MALLOC, TMBPF_OP_CALLOC, TMBPF_OP_REALLOC});
  if (target.finalize_offset) {
    finalize_ = UprobeLink(progs.finalize_enter,
                           {.path = target.image_file->path(),
                            .pid = target.identity.pid,
                            .offsets = {*target.finalize_offset},
                            .cookies = {0}},
                           multi);
  }
  attached_ = true;
}

void ProbeLinks::watch_lifecycle() {
  for (const bpf_program* program : {skeleton_->progs.process_exec, skeleton_->progs.process_fork,
                                     skeleton_->progs.process_exit}) {
    bpf_link* link = bpf_program__attach(program);
    if (link == nullptr) {
      throw Error(fmt::format("cannot watch for exec, fork and exit: {}", std::strerror(errno)));
    }
    lifecycle_.emplace_back(link);
  }
}

void ProbeLinks::detach() {
  attached_ = false;
  finalize_.detach();
  requests_.detach();
  owners_.detach();
  releases_.detach();
  returns_.detach();
  if (!follow_) {
    lifecycle_.clear();
  }
}

// A probe that comes and goes at the same places, for another process (ours), makes the kernel look
// again at who wants each breakpoint: the child's are taken out, the target's stay.
void ProbeLinks::heal_children(const PythonTarget& target) const {
  if (!multi_ || !attached_) {
    return;
  }
  UprobeBatch batch{.path = target.image_file->path(), .pid = ::getpid()};
  for (const ProbeSite& site : target.plan.sites) {
    batch.offsets.push_back(site.file_offset);
    batch.cookies.push_back(0);
  }
  if (target.finalize_offset) {
    batch.offsets.push_back(*target.finalize_offset);
    batch.cookies.push_back(0);
  }
  const UprobeLink healing(skeleton_->progs.nothing_enter, batch, true);
}

}  // namespace tmbpf
