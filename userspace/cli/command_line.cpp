// SPDX-License-Identifier: Apache-2.0
#include "userspace/cli/command_line.h"

namespace tmbpf {
namespace {

constexpr const char* kFooter = R"(Examples:
  sudo tmbpf --pid 1234                                what holds memory, by line, refreshed
  sudo tmbpf --name worker.py --all                    several processes, one screen
  sudo tmbpf -- python3 app.py                         the same from the first instruction
  sudo tmbpf start --pid 1234 --frames 25              a session in the background
  sudo tmbpf snapshot --pid 1234 --output a.pickle     .pickle (tracemalloc), .pb.gz (pprof), ...
  tmbpf stats --group-by traceback a.pickle            what it held, by traceback

Note: Keys of the live view: Enter shows a group's tracebacks; / filters; l f u t group by line, file,
function, traceback; 1 to 5 sort; C is cumulative; c compares with the refresh before, b with a
baseline; space pauses; s writes a snapshot; P lists the processes; ? shows all; q ends.

Files:
  /run/tmbpf     a lock for each traced process, a socket for each session

Exit status: 0 done; 1 failed; 2 usage; 3 target gone or not traceable; 4 not permitted;
130 interrupted.)";

constexpr const char* kStartFooter = R"(Examples:
  sudo tmbpf start --pid 1234                 ten frames of each stack
  sudo tmbpf start --pid 1234 --follow        and what it forks and executes)";

constexpr const char* kRecordFooter = R"(Examples:
  sudo tmbpf record --pid 1234                         a file each minute, until Ctrl-C
  sudo tmbpf record --pid 1234 --interval 5s --count 12 --output '/tmp/$pid-$counter.pickle'
  sudo tmbpf record --pid 1234 --threshold 10M --keep 20 --max-disk 500M
  sudo tmbpf record --pid 1234 --user-data 'curl -s localhost:8000/stats'
  sudo tmbpf record --interval 1s -- python3 app.py    from the first instruction

Note: A last snapshot is taken when the process ends or executes another program, and when tmbpf is
asked to end (SIGINT, SIGTERM, SIGHUP). A file that cannot be written is told, and the job goes
on; the exit status is 1 then. $counter goes on after the files that exist.

Note: The command of --user-data runs with the rights of who runs tmbpf, which is root: give it
nothing that others may write.)";

constexpr const char* kSnapshotFooter = R"(Examples:
  sudo tmbpf snapshot --pid 1234 --output now.pb.gz
  sudo tmbpf snapshot --pid 1234 --output '$pid-$counter.pickle'     a new name each time)";

constexpr const char* kFilterFooter = R"(Examples:
  sudo tmbpf filter add --pid 1234 --include '*/shop/*'       only what these files allocate
  sudo tmbpf filter add --pid 1234 --exclude '*/shop/db.py:77' --min-size 4K
  sudo tmbpf filter clear --pid 1234                          everything again

Note: Blocks that were recorded before stay until they are freed. An object from one of Python's
free lists is recorded for its new owner, also when its block was filtered out at first.)";

constexpr const char* kObjectFooter = R"(Examples:
  sudo tmbpf object --pid 1234 140025123456624        as id(x) printed it
  sudo tmbpf object --pid 1234 0x7f5a12345670         as repr() or hex(id(x)) shows it)";

constexpr const char* kStatsFooter = R"(Examples:
  tmbpf stats now.pb.gz                                the lines that hold most
  tmbpf stats --group-by traceback --limit 3 now.pb.gz the three largest, with their callers
  tmbpf stats --exclude '*/site-packages/*' a.pickle b.pickle)";

constexpr const char* kDiffFooter = R"(Examples:
  tmbpf diff before.pb.gz after.pb.gz                  what grew most first
  tmbpf diff --json before.pb.gz after.pb.gz           for programs)";

constexpr const char* kReportFooter = R"(Examples:
  tmbpf report now.pb.gz now.html
  tmbpf report before.pb.gz after.pb.gz growth.html    the difference)";

constexpr const char* kConvertFooter = R"(Examples:
  tmbpf convert now.pb.gz now.pickle                          for tracemalloc.Snapshot.load
  tmbpf convert --pickle-compat 3.6 now.pb.gz now.pickle      for an older Python
  tmbpf convert --include '*/shop/*' now.pb.gz shop.folded    only what these files allocated)";

constexpr const char* kCheckFooter = R"(Examples:
  sudo tmbpf check --pid 1234     would it work here, and why not)";

constexpr const char* kPsFooter = R"(Examples:
  sudo tmbpf ps                   all, the largest first; who may be traced, and why not
  sudo tmbpf --name manage.py     the live view of what ps shows as /srv/shop/manage.py ...)";

CLI::App* add_snapshot_command(CLI::App& app, CommandLine& line) {
  CLI::App* snapshot = app.add_subcommand("snapshot", "Write what a session's process holds now");
  line.target.add_several_to(*snapshot);
  snapshot
      ->add_option("--output", line.output,
                   "The file: .pickle, .pb.gz, .json, .folded, .count.folded, .speedscope.json or "
                   ".csv; may hold $pid, $counter, $timestamp")
      ->required()
      ->type_name(kSnapshotValue);
  snapshot->add_flag("--follow", line.family, "A file for each process that the session follows");
  snapshot->add_flag("--addresses", line.addresses, "Keep each block's address; files grow");
  snapshot->footer(kSnapshotFooter);
  return snapshot;
}

void add_record_command(CLI::App& app, CommandLine& line) {
  CLI::App* record = app.add_subcommand("record", "Write snapshots of a process, again and again");
  line.one_target.add_to(*record);
  line.record.add_to(*record);
  add_capture_options(*record, line.capture);
  record->footer(kRecordFooter);
}

void add_session_commands(CLI::App& app, CommandLine& line) {
  CLI::App* start = app.add_subcommand("start", "Trace a process in the background");
  line.target.add_several_to(*start);
  add_capture_options(*start, line.capture);
  start->footer(kStartFooter);
  add_record_command(app, line);
  CLI::App* snapshot = add_snapshot_command(app, line);
  CLI::App* status = app.add_subcommand("status", "Show a session's totals");
  line.target.add_several_to(*status);
  status->add_flag("--fresh", line.fresh, "Measure the coverage now: 0.5 s per GiB of heap");
  CLI::App* object = app.add_subcommand("object", "Show where one block was allocated");
  line.one_target.add_to(*object);
  object
      ->add_option("ADDRESS", line.address,
                   "id() of an object, or any address within a block: 0x7f5a12345670")
      ->required();
  object->footer(kObjectFooter);
  CLI::App* clear = app.add_subcommand("clear", "Forget every block that a session has recorded");
  CLI::App* reset_peak = app.add_subcommand("reset-peak", "Let a session's peak begin anew");
  CLI::App* stop = app.add_subcommand("stop", "End a session");
  for (CLI::App* command : {clear, reset_peak, stop}) {
    line.target.add_several_to(*command);
  }
  for (CLI::App* command : {start, snapshot, status, clear, reset_peak, stop}) {
    command->add_flag("--json", line.json, "For programs; of several processes a list");
  }
  object->add_flag("--json", line.json, "For programs");
}

void add_filter_command(CLI::App& app, CommandLine& line) {
  CLI::App* filter = app.add_subcommand("filter", "Choose what a session records from now on");
  filter->require_subcommand(1);
  CLI::App* add = filter->add_subcommand("add", "Add to the session's filters");
  line.filter.add_to(*add);
  CLI::App* clear = filter->add_subcommand("clear", "Record every block again");
  CLI::App* list = filter->add_subcommand("list", "Show the session's filters");
  for (CLI::App* command : {add, clear, list}) {
    line.target.add_several_to(*command);
    command->add_flag("--json", line.json, "For programs; of several processes a list");
  }
  filter->footer(kFilterFooter);
}

void add_looking_commands(CLI::App& app, CommandLine& line) {
  CLI::App* check = app.add_subcommand("check", "What this system, and a process, allow");
  line.target.add_several_to(*check, "Options");
  check->footer(kCheckFooter);
  CLI::App* ps = app.add_subcommand("ps", "List the Pythons that run here");
  ps->add_flag("--json", line.json, "For programs");
  ps->footer(kPsFooter);
}

void add_analysis_commands(CLI::App& app, CommandLine& line) {
  CLI::App* stats =
      app.add_subcommand("stats", "Show what snapshots hold, each compared with the last");
  stats->add_option("FILE", line.files, "Snapshots: .pickle, .pb.gz, .json")
      ->required()
      ->type_name(kSnapshotValue);
  stats->add_flag("--first", line.first, "Compare each with the first");
  line.stats.add_to(*stats);
  stats->footer(kStatsFooter);
  CLI::App* diff = app.add_subcommand("diff", "Show what differs between two snapshots");
  diff->add_option("FILE", line.files, "OLD NEW")
      ->required()
      ->expected(2)
      ->type_name(kSnapshotValue);
  line.diff.add_to(*diff);
  diff->footer(kDiffFooter);
  CLI::App* report = app.add_subcommand("report", "Write a page to look at: flame graph and table");
  report->add_option("FILE", line.files, "[OLD] SNAPSHOT OUT.html; with OLD the difference")
      ->required()
      ->expected(2, 3)
      ->type_name(kPageValue);
  report
      ->add_option("--source-root", line.source_root,
                   "Where the source files of another root lie (a container's)")
      ->type_name(kFolderValue);
  line.report.add_to(*report);
  report->footer(kReportFooter);
  CLI::App* convert = app.add_subcommand("convert", "Write a snapshot in another format");
  convert
      ->add_option("FILE", line.files,
                   "IN OUT; IN is .pickle, .pb.gz or .json; the extension of OUT tells the format: "
                   "these, .folded (bytes), .count.folded (blocks), .speedscope.json, .csv")
      ->required()
      ->expected(2)
      ->type_name(kSnapshotValue);
  convert
      ->add_option("--pickle-compat", line.pickle_compat,
                   "Python that is to load a .pickle: 3.9, 3.6, 3.4")
      ->check(CLI::IsMember({"3.9", "3.6", "3.4"}))
      ->capture_default_str();
  line.convert.add_to(*convert);
  convert->footer(kConvertFooter);
}

}  // namespace

void define_command_line(CLI::App& app, CommandLine& line) {
  app.footer(kFooter);
  app.set_version_flag("--version", std::string("tmbpf ") + TMBPF_VERSION);
  line.live_target.add_several_to(app);
  add_live_options(app, line.live);
  add_capture_options(app, line.capture);
  app.require_subcommand(0, 1);
  add_session_commands(app, line);
  add_filter_command(app, line);
  add_looking_commands(app, line);
  add_analysis_commands(app, line);
}

}  // namespace tmbpf
