"""Measures simul and its peers; started by bench/compare, which explains the options."""
import argparse
import json
import os
import pathlib
import platform
import random
import re
import shutil
import statistics
import subprocess
import sys

import plot

MIB = 1 << 20
SMALL_FILES = 20000
SMALL_FILE_SIZE = 4096
BEGIN = "<!-- figures of bench/compare: begin -->"
END = "<!-- figures of bench/compare: end -->"


def die(message):
    sys.exit(f"bench/compare: {message}")


def output_of(*command):
    """The standard output of a command, or nothing where it fails or is missing."""
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


class Program:
    """One contestant: a command, to which its input is appended. A slow one gets the first
    `share` of the input, lest a round takes an hour."""

    def __init__(self, label, command, share=1.0, env=None):
        self.label = label
        self.command = [str(word) for word in command]
        self.share = share
        self.env = env or {}


class Group:
    """Programs that do the same work. `steps`: they are benchmarks of Google Benchmark programs.
    `text`: the kind of text that they read; `cold`: none of it is in memory; `cores`: on every
    core of the machine, not on one."""

    def __init__(self, name, title, metric, programs, steps=False, text=None, cold=False,
                 cores=False):
        self.name = name
        self.title = title
        self.metric = metric
        self.programs = programs
        self.steps = steps
        self.text = text
        self.cold = cold
        self.cores = cores
        self.runs = {program.label: [] for program in programs}

    def median(self, label, key):
        return statistics.median(run[key] for run in self.runs[label])


class Peers:
    """The programs of peers that this machine has; those that it lacks are named in `missing`."""

    def __init__(self, build, directory):
        self.here = pathlib.Path("bench/peers")
        self.built = build / "bench/peers"
        self.directory = directory
        self.missing = []

    def compiled(self, label, name):
        program = self.built / name
        if program.exists():
            return [Program(label, [program])]
        self.missing.append(label)
        return []

    def go(self, label, name):
        if not shutil.which("go"):
            self.missing.append(label)
            return []
        binary = (self.directory / name).resolve()
        subprocess.run(["go", "build", "-o", binary, f"{self.here / name}.go"], check=True)
        return [Program(label, [binary])]

    def script(self, label, tool, file, share=1.0, module=None):
        modules = (self.directory / "node_modules").resolve()
        if not shutil.which(tool) or (module and not (modules / module).exists()):
            self.missing.append(label)
            return []
        command = [self.here / file] if file.endswith(".sh") else [tool, self.here / file]
        return [Program(label, command, share, {"NODE_PATH": str(modules)})]


def best_isa():
    flags = set(re.search(r"^flags\s*:(.*)$", pathlib.Path("/proc/cpuinfo").read_text(),
                          re.M).group(1).split()) if platform.machine() == "x86_64" else set()
    if {"avx512f", "avx512bw", "avx512vl", "avx512_vbmi2"} <= flags:
        return "AVX-512"
    return "AVX2" if "avx2" in flags else "SSE2" if "sse2" in flags else platform.machine()


def simul_text(*command):
    """simul as it is, and where the machine has AVX-512 also with AVX2, which most machines have."""
    programs = [Program("simul", command)]
    if best_isa() == "AVX-512":
        programs.append(Program("simul, AVX2", command, env={"SIMUL_ISA": "avx2"}))
    return programs


def csv_ways(bench):
    """What else simul does with CSV, each as a benchmark of one program."""
    ways = [("simul", "csv_rows"), ("rows_as, 4 of 8 columns", "csv_rows_as"),
            ("rows_parallel", "csv_rows_parallel"), ("writer", "csv_writer"),
            ("rows of gzip", "csv_rows_of_gzip"), ("rows of zstd", "csv_rows_of_zstd"),
            ("zlib alone", "zlib_alone")]
    program = bench / "streaming_bench"
    there = output_of(str(program), "--benchmark_list_tests").split()
    return [Program(label, [program, f"{name}/real_time"]) for label, name in ways
            if f"{name}/real_time" in there]


def all_groups(build, peers):
    bench = build / "bench"
    base = bench / "baseline"
    csv_programs = [
        *simul_text(bench / "csv"),
        Program("libuv, state machine (C)", [base / "uv_csv"]),
        *peers.go("Go encoding/csv", "csv_go"),
        *peers.compiled("libcsv (C)", "csv_libcsv"),
        *peers.script("Python csv", "python3", "csv_python.py", 1 / 8),
        *peers.script("papaparse (Node)", "node", "csv_papaparse.cjs", 1 / 8, module="papaparse"),
        *peers.script("Miller", "mlr", "csv_miller.sh", 1 / 32),
    ]
    return [
        Group("sleepers", "sleepers, 1 s each", "cpu_ns_per_task", [
            Program("simul", [bench / "sleepers"]),
            Program("libuv timers (C)", [base / "uv_sleepers"]),
            *peers.compiled("Boost.Asio coroutines", "sleepers_asio"),
            *peers.go("Go goroutines", "sleepers_go"),
            *peers.script("Node", "node", "sleepers_node.cjs"),
            *peers.script("asyncio", "python3", "sleepers_asyncio.py", 1 / 10),
        ]),
        Group("await", "await of a child that is ready", "ns", [
            Program("simul", [bench / "tasks_bench", "await_ready_child"]),
            Program("malloc, free, 2 indirect calls",
                    [bench / "tasks_bench", "malloc_free_and_two_indirect_calls"]),
        ], steps=True),
        Group("generator", "next value of a generator", "ns", [
            Program("simul", [bench / "generator_bench", "generator_next"]),
            Program("the smallest generator by hand",
                    [bench / "generator_bench", "minimal_generator_next"]),
        ], steps=True),
        Group("lines", "lines of a log", "gb_per_cpu_s", [
            *simul_text(bench / "lines"),
            *peers.compiled("read and memchr (C)", "lines_memchr"),
            Program("libuv and memchr (C)", [base / "uv_lines"]),
            *peers.compiled("getline (C)", "lines_getline"),
            *peers.script("wc -l (counts only)", "wc", "lines_wc.sh"),
            *peers.go("Go bufio", "lines_go"),
            *peers.script("Python", "python3", "lines_python.py", 1 / 4),
            *peers.script("Node readline", "node", "lines_node.cjs", 1 / 4),
            Program("read alone (C)", [base / "read_only"]),
        ], text="lines"),
        Group("lines_cold", "lines of a log that is not in memory", "gbps", [
            Program("simul", [bench / "lines"]),
            *peers.compiled("read and memchr (C)", "lines_memchr"),
            *peers.script("cat (looks at nothing)", "cat", "lines_cat.sh"),
        ], text="lines", cold=True),
        Group("csv_plain", "CSV, plain, 10 columns", "gb_per_cpu_s", csv_programs,
              text="csv_plain"),
        Group("csv_quoted", "CSV, 30 % quoted, with newlines", "gb_per_cpu_s", csv_programs,
              text="csv_quoted"),
        Group("csv_raw", "CSV, 30 % quoted, fields left quoted", "gb_per_cpu_s", [
            *simul_text(bench / "csv", "--raw"),
            Program("read alone (C)", [base / "read_only"]),
        ], text="csv_quoted"),
        Group("csv_wide", "CSV, plain, 200 columns", "gb_per_cpu_s", csv_programs,
              text="csv_wide"),
        *(Group(f"{kind}_cores", f"{title}, rows_parallel on every core", "gbps", [
            Program("simul", [bench / "csv", "--parallel"]),
            Program("simul, rows", [bench / "csv"]),
        ], text=kind, cores=True) for kind, title in (
            ("csv_plain", "CSV, plain"), ("csv_quoted", "CSV, 30 % quoted"))),
        Group("csv_ways", "CSV, more ways to read and write it", "gbps_of_text",
              csv_ways(bench), steps=True),
        Group("small_files", "files of 4 KiB, 64 at a time", "files_per_cpu_s", [
            Program("simul", [bench / "small_files"]),
            Program("libuv, one job a file (C)", [base / "uv_small_files"]),
            *peers.go("Go", "small_files_go"),
            *peers.compiled("blocking, one by one (C)", "small_files_blocking"),
        ]),
    ]


# ---------------------------------------------------------------------------------- test data


def log_lines(size):
    """Lines as a web server logs them, 160 bytes in the mean."""
    draw = random.Random(1)
    words = "river cloud maple orbit lantern harbour quartz meadow signal anchor".split()
    block = []
    have = 0
    while have < 4 * MIB:
        address = ".".join(str(draw.randrange(256)) for _ in range(4))
        page = "/".join(draw.choices(words, k=draw.randrange(1, 9)))
        agent = " ".join(draw.choices(words, k=draw.randrange(2, 12)))
        line = (f"{address} - - [24/Nov/2026:17:{draw.randrange(60):02}:{draw.randrange(60):02} "
                f"+0000] \"GET /{page} HTTP/1.1\" {draw.choice([200, 200, 200, 304, 404])} "
                f"{draw.randrange(100000)} \"{agent}\"\n").encode()
        block.append(line)
        have += len(line)
    text = b"".join(block)
    while size > 0:
        yield text if size >= len(text) else text[:size].rsplit(b"\n", 1)[0] + b"\n"
        size -= len(text)


def drop_from_cache(path):
    """Has the system forget the file, once it is on the disk; False where there is none."""
    with open(path, "rb", buffering=0) as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        try:
            os.preadv(file.fileno(), [bytearray(1)], 0, os.RWF_NOWAIT)
        except BlockingIOError:
            return True
        except OSError:  # it cannot tell
            return False
    return False


class Data:
    """The files that are read, made once for each size."""

    def __init__(self, directory, build, size):
        self.directory = directory
        self.make_csv = build / "examples/make_csv"
        self.size = size
        directory.mkdir(parents=True, exist_ok=True)

    def file(self, kind, share):
        size = int(self.size * share)
        path = self.directory / f"{kind}-{size}"
        if not path.exists():
            print(f"making {path}", file=sys.stderr)
            part = path.with_suffix(".part")
            with open(part, "wb") as out:
                if kind == "lines":
                    for text in log_lines(size):
                        out.write(text)
                else:
                    quoted, columns = {"csv_plain": (0, 10), "csv_quoted": (30, 10),
                                       "csv_wide": (0, 200)}[kind]
                    subprocess.run([self.make_csv, "--bytes", str(size), "--quoted", str(quoted),
                                    "--columns", str(columns)], stdout=out, check=True)
            part.rename(path)
            # What is read back from the disk lies in memory as files do that others have written.
            if not drop_from_cache(path):
                print(f"{path} stays in memory as it was written", file=sys.stderr)
        return path

    def small_files(self):
        path = self.directory / "small"
        if not (path / f"{SMALL_FILES - 1:05}").exists():
            path.mkdir(exist_ok=True)
            for i in range(SMALL_FILES):
                (path / f"{i:05}").write_bytes(bytes([97 + i % 26]) * SMALL_FILE_SIZE)
        return path


def read_into_cache(path):
    with open(path, "rb", buffering=0) as file:
        while file.read(8 * MIB):
            pass


# --------------------------------------------------------------------------------- measuring


class Bench:
    def __init__(self, options, build, data):
        self.options = options
        self.build = build
        self.data = data

    def run(self, group, program):
        if group.steps:
            return self.step(program)
        if group.name == "sleepers":
            count = int(self.options.tasks * program.share)
            arguments = [str(count)]
        elif group.name == "small_files":
            arguments = [str(self.data.small_files()), str(SMALL_FILES)]
        else:
            path = self.data.file(group.text, program.share)
            if group.cold and not drop_from_cache(path):
                die(f"{path} stays in memory: the file system has no other place for it")
            arguments = [str(path)]
        run = self.measured(program, arguments, "all" if group.cores else self.options.core)
        seconds = run["cpu_seconds"]
        if group.name == "sleepers":
            run["cpu_ns_per_task"] = seconds * 1e9 / count
            run["bytes_per_task"] = run["peak_kib"] * 1024 / count
        elif group.name == "small_files":
            run["files_per_cpu_s"] = SMALL_FILES / seconds
            run["files_per_s"] = SMALL_FILES / run["seconds"]
        else:
            size = path.stat().st_size
            run["gb_per_cpu_s"] = size / seconds / 1e9
            run["gbps"] = size / run["seconds"] / 1e9
        return run

    def measured(self, program, arguments, core):
        """What the program printed as key=value, and what the launcher says of the process."""
        command = [str(self.build / "bench/run_measured"), str(core), *program.command,
                   *arguments]
        result = subprocess.run(command, capture_output=True, text=True,
                                env={**os.environ, **program.env})
        if result.returncode != 0:
            die(f"{' '.join(command)} failed: {result.stderr.strip()}")
        return {key: float(value) if "." in value else int(value)
                for key, value in re.findall(r"(\w+)=([0-9.]+)", result.stdout)}

    def step(self, program):
        """One benchmark of a Google Benchmark program."""
        name = program.command[1]
        command = ["taskset", "-c", str(self.options.core), program.command[0],
                   f"--benchmark_filter=^{name}$", "--benchmark_format=json",
                   f"--benchmark_min_time={self.options.step_time}"]
        result = subprocess.run(command, capture_output=True, text=True)
        try:
            found = json.loads(result.stdout)["benchmarks"][0]
        except (ValueError, LookupError):
            die(f"{program.command[0]} has no benchmark {name}: {result.stderr.strip()}")
        if "bytes_per_second" in found:
            return {"gbps_of_text": found["bytes_per_second"] / 1e9}
        per_second = found.get("items_per_second")
        return {"ns": 1e9 / per_second if per_second else found["cpu_time"]}


RESULTS = ("lines", "longest", "rows", "fields", "field_bytes", "files", "bytes", "tasks")


def check_results(bench, group):
    """Whoever read the same must have found the same. What only a slow peer has read, simul reads
    once more, unmeasured."""
    found = {}
    shares = {program.share for program in group.programs}
    for share in shares - {1.0}:
        ours = Program("simul", group.programs[0].command, share)
        found[share] = {"simul": bench.run(group, ours)}
    for program in group.programs:
        found.setdefault(program.share, {})[program.label] = group.runs[program.label][0]
        for run in group.runs[program.label]:
            if any(run.get(key) != group.runs[program.label][0].get(key) for key in RESULTS):
                die(f"{group.title}: {program.label} found something else in another round")
    for share, runs in found.items():
        for key in RESULTS:
            values = {label: run[key] for label, run in runs.items() if key in run}
            if len(set(values.values())) > 1:
                die(f"{group.title}: the programs disagree on {key}: {values}")


# ------------------------------------------------------------------------------------- report


COLUMNS = {
    "cpu_ns_per_task": [("CPU ns a task", "cpu_ns_per_task", plot.number),
                        ("peak bytes a task", "bytes_per_task", plot.number)],
    "ns": [("ns", "ns", plot.number)],
    "gbps_of_text": [("GB/s of text", "gbps_of_text", plot.number)],
    "gbps": [("GB/s", "gbps", plot.number), ("GB per CPU second", "gb_per_cpu_s", plot.number),
             ("peak MiB", "peak_kib", lambda kib: plot.number(kib / 1024))],
    "gb_per_cpu_s": [("GB per CPU second", "gb_per_cpu_s", plot.number), ("GB/s", "gbps", plot.number),
                     ("peak MiB", "peak_kib", lambda kib: plot.number(kib / 1024))],
    "files_per_cpu_s": [("files per CPU second", "files_per_cpu_s", plot.number),
                        ("files/s", "files_per_s", plot.number),
                        ("peak MiB", "peak_kib", lambda kib: plot.number(kib / 1024))],
}


def table(group, labels=None):
    """A Markdown table: the medians, simul as a multiple of each, and the spread of the rounds."""
    columns = COLUMNS[group.metric]
    short = labels is not None
    head = [group.title, columns[0][0], "simul / this", *(name for name, _, _ in columns[1:])]
    if not short:
        head.append("lowest to highest")
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    ours = group.median("simul", group.metric)
    for program in group.programs:
        label = program.label
        if short and label not in labels:
            continue
        row = [label if program.share == 1 else f"{label} (1/{round(1 / program.share)} of it)",
               columns[0][2](group.median(label, group.metric)),
               plot.number(ours / group.median(label, group.metric)),
               *(show(group.median(label, key)) for _, key, show in columns[1:])]
        if not short:
            values = [run[group.metric] for run in group.runs[label]]
            row.append(f"{plot.number(min(values))} to {plot.number(max(values))}")
        lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines)


def machine(options, build, peers):
    """The machine, the compilers and the peers, as a Markdown list."""
    cpu = re.search(r"^model name\s*:\s*(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    memory = re.search(r"MemTotal:\s*(\d+)", pathlib.Path("/proc/meminfo").read_text())
    system = re.search(r'PRETTY_NAME="(.*)"', pathlib.Path("/etc/os-release").read_text())
    virtual = re.search(r"^flags\s*:.*\bhypervisor\b", pathlib.Path("/proc/cpuinfo").read_text(), re.M)
    first = lambda *command: output_of(*command).splitlines()[:1]
    papaparse = peers.directory / "node_modules/papaparse/package.json"
    boost = re.search(r'BOOST_LIB_VERSION "([0-9_]+)"',
                      output_of("grep", "BOOST_LIB_VERSION", "/usr/include/boost/version.hpp"))
    debian = lambda package: output_of("dpkg-query", "-W", "-f", "${Version}", package)
    versions = [
        *first(*options.cxx.split(), "--version"),
        f"libuv {output_of('pkg-config', '--modversion', 'libuv')}",
        " ".join(platform.libc_ver()),
        f"Python {platform.python_version()}",
        *first("go", "version"),
        *(f"Node {word}" for word in first("node", "--version")),
        *([f"papaparse {json.loads(papaparse.read_text())['version']}"]
          if papaparse.exists() else []),
        *([f"libcsv {debian('libcsv-dev')}"] if debian("libcsv-dev") else []),
        *([f"Boost {boost.group(1).replace('_', '.')}"] if boost else []),
        *first("mlr", "--version"),
    ]
    buildtype = next((option["value"] for option in json.loads(
        output_of("meson", "introspect", str(build), "--buildoptions") or "[]")
        if option["name"] == "buildtype"), "?")
    lines = [
        f"Processor: {cpu.group(1) if cpu else platform.processor()}, {os.cpu_count()} cores, "
        f"best instruction set {best_isa()}",
        f"{system.group(1) if system else platform.system()}, kernel {platform.release()}"
        + (", virtual machine" if virtual else "")
        + (f", {int(memory.group(1)) / (1 << 20):.0f} GiB of memory" if memory else ""),
        f"Build type `{buildtype}`; " + "; ".join(versions),
        f"{options.rounds} rounds on core {options.core}, {options.tasks:,} sleepers, files of "
        f"{options.size / MIB:,.0f} MiB in the page cache",
    ]
    if peers.missing:
        lines.append("Left out, because the machine does not have them: "
                     + ", ".join(sorted(set(peers.missing))))
    return "\n".join(f"- {line}" for line in lines)


def between_markers(path, text):
    """Replaces what stands between the markers of a file, which it must have."""
    before, begin, rest = path.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        die(f"{path} lacks the markers for the figures")
    path.write_text(f"{before}{BEGIN}\n\n{text}\n\n{END}{after}")


EXTRACT = {
    "sleepers": ["simul", "libuv timers (C)", "Boost.Asio coroutines", "Go goroutines", "asyncio"],
    "lines": ["simul", "read and memchr (C)", "getline (C)", "Go bufio"],
    "csv_plain": ["simul", "Go encoding/csv", "libcsv (C)", "Python csv"],
    "csv_quoted": ["simul", "Go encoding/csv", "libcsv (C)", "Python csv"],
    "small_files": ["simul", "blocking, one by one (C)", "Go"],
}


def report(options, groups, described):
    tables = "\n\n".join(table(group) for group in groups)
    full = f"{described}\n\n{tables}"
    drawn = plot.draw([(group.title, COLUMNS[group.metric][0][0],
                        [(program.label, group.median(program.label, group.metric))
                         for program in group.programs]) for group in groups])
    print(f"\n{full}")
    if options.output:
        directory = pathlib.Path(options.output)
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "figures.md").write_text(full + "\n")
        (directory / "figures.svg").write_text(drawn)
        print(f"\nwritten: {directory}/figures.md and figures.svg")
        return
    between_markers(pathlib.Path("docs/figures.md"), full)
    pathlib.Path("docs/figures.svg").write_text(drawn)
    extract = "\n\n".join(table(group, EXTRACT[group.name]) for group in groups
                          if group.name in EXTRACT)
    between_markers(pathlib.Path("README.md"), f"{described}\n\n{extract}")
    print("\nwritten: docs/figures.md, docs/figures.svg and the figures in README.md")


def parsed_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True, type=pathlib.Path)
    parser.add_argument("--peers", required=True, type=pathlib.Path)
    parser.add_argument("--cxx", required=True)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--size", type=int)
    parser.add_argument("--tasks", type=int)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)))
    parser.add_argument("--output")
    parser.add_argument("--only", action="append")
    options = parser.parse_args()
    options.size = options.size or (32 * MIB if options.quick else 1024 * MIB)
    options.tasks = options.tasks or (20000 if options.quick else 1000000)
    options.rounds = options.rounds or (2 if options.quick else 5)
    options.step_time = 0.05 if options.quick else 0.5
    # Figures of a part, or of small files, are none for the documentation.
    if (options.quick or options.only) and not options.output:
        options.output = "build/bench-figures"
    return options


def main():
    options = parsed_options()
    build = options.build
    peers = Peers(build, options.peers)
    groups = all_groups(build, peers)
    if options.only:
        unknown = set(options.only) - {group.name for group in groups}
        if unknown:
            die(f"no such group: {', '.join(sorted(unknown))}")
        groups = [group for group in groups if group.name in options.only]
    for label in sorted(set(peers.missing)):
        print(f"left out, it is not installed: {label} (see --install-peers)", file=sys.stderr)
    bench = Bench(options, build, Data(pathlib.Path("build/bench-data"), build, options.size))
    for number_of_round in range(1, options.rounds + 1):
        for group in groups:
            print(f"round {number_of_round} of {options.rounds}: {group.name}", file=sys.stderr)
            if group.text and not group.cold:
                for share in {program.share for program in group.programs}:
                    read_into_cache(bench.data.file(group.text, share))
            for program in group.programs:
                group.runs[program.label].append(bench.run(group, program))
    for group in groups:
        check_results(bench, group)
    print("All programs of a group found the same.", file=sys.stderr)
    report(options, groups, machine(options, build, peers))


main()
