"""The tasks of simul's loops, in GDB: of a stopped process or of a core file.

    simul tasks          the tree of every loop that runs, as simul::dump_tasks() prints it
    simul tasks LOOP     that of one loop: an expression for a simul::loop, a loop_core or a pointer
                         to either. It finds a loop inside a host's libuv loop, and one that does
                         not run at the moment.

GDB loads this file together with libsimul.so; `source simul.py` does the same by hand.

Nothing of the program is called: everything is read from memory. What the members are called and
where they are comes from the debug information of the library, and of the program where clang made
the library: build both with -g. What a pointer to a base class points at comes from the run-time
type information.
"""

import struct
import time

import gdb

NAMESPACE = 'simul::detail::'
MOST_CHILDREN = 1000  # these limits are those of dump_tasks
DEEPEST = 100
MOST_FRAMES = 20


class Unreadable(Exception):
    """What the tree is to be made from is not there."""


# ------------------------------------------------------------------------------------ raw memory


def read(address, size):
    if not 0 < address < 2 ** (8 * word_size()) - size:
        raise gdb.MemoryError('no address: %d' % address)
    return bytes(gdb.selected_inferior().read_memory(address, size))


def word_size():
    return gdb.lookup_type('void').pointer().sizeof


def word_format():
    return 'Q' if word_size() == 8 else 'I'


def read_word(address):
    return struct.unpack('=' + word_format(), read(address, word_size()))[0]


def read_signed(address):
    return struct.unpack('=' + word_format().lower(), read(address, word_size()))[0]


def read_text(address):
    return gdb.Value(address).cast(gdb.lookup_type('char').pointer()).string(errors='replace')


def type_of(name):
    try:
        return gdb.lookup_type(NAMESPACE + name)
    except gdb.error:
        raise Unreadable('no debug information about %s%s: build libsimul with -g'
                         % (NAMESPACE, name)) from None


def object_at(address, name):
    type_of(name)
    # Following a pointer makes GDB look for the dynamic type, in the program's debug information.
    return gdb.parse_and_eval('{%s%s} %d' % (NAMESPACE, name, address))


def offset_of_base(name, base):
    for field in type_of(name).fields():
        if field.is_base_class and field.name == NAMESPACE + base:
            return field.bitpos // 8
    raise Unreadable('%s%s has no base %s%s' % (NAMESPACE, name, NAMESPACE, base))


def links_of(ring):
    """The addresses of the links in a ring, in order."""
    head = ring['head_']
    link = int(head['ring_next'])
    while link != int(head.address):
        yield link
        link = int(object_at(link, 'ring_link')['ring_next'])


def first_member(value):
    """The pointer inside a coroutine_handle or its like, in any standard library."""
    while value.type.strip_typedefs().code == gdb.TYPE_CODE_STRUCT:
        value = value[value.type.strip_typedefs().fields()[0]]
    return int(value)


def pointee(smart_pointer):
    """What a std::unique_ptr or std::shared_ptr points at: its first word in memory."""
    return read_word(int(smart_pointer.address))


def std_string(value):
    pointer = value['_M_dataplus']['_M_p']
    return pointer.string(length=int(value['_M_string_length']), errors='replace')


# ---------------------------------------------------------------- run-time type information (RTTI)


class Rtti:
    """Reads the Itanium C++ ABI's type information from memory."""

    def __init__(self):
        self._names = {}
        self._bases = {}
        self._kinds = {}
        self._is_object = {}

    def whole_object(self, address):
        """The address of the object that this is a base of, and its type_info."""
        table = read_word(address)
        return (address + read_signed(table - 2 * word_size()), read_word(table - word_size()))

    def name(self, info):
        if info not in self._names:
            mangled = read_text(read_word(info + word_size())).lstrip('*')
            text = gdb.execute('demangle -- _ZTS' + mangled, to_string=True).strip()
            self._names[info] = text.removeprefix('typeinfo name for ')
        return self._names[info]

    def _kind(self, info):
        table = read_word(info)
        if table not in self._kinds:
            self._kinds[table] = gdb.execute('info symbol %d' % table, to_string=True)
        return self._kinds[table]

    def bases(self, info):
        """[(name, offset)] of a class and of all of its bases that are not virtual."""
        if info not in self._bases:
            found = [(self.name(info), 0)]
            kind = self._kind(info)
            after_name = info + 2 * word_size()
            if '__si_class_type_info' in kind:
                found += self.bases(read_word(after_name))
            elif '__vmi_class_type_info' in kind:
                count = struct.unpack('=I', read(after_name + 4, 4))[0]
                for i in range(count):
                    entry = after_name + 8 + 2 * i * word_size()
                    flags = read_signed(entry + word_size())
                    if flags & 1:
                        continue
                    found += [(name, offset + (flags >> 8))
                              for name, offset in self.bases(read_word(entry))]
            self._bases[info] = found
        return self._bases[info]

    def parts(self, address):
        """{name of a class: address} of the object at `address` and of its bases."""
        start, info = self.whole_object(address)
        parts = {}
        for name, offset in self.bases(info):
            parts.setdefault(name, start + offset)
        return parts

    def most_derived(self, address):
        return self.name(self.whole_object(address)[1])

    def is_child_line(self, address):
        """Whether a child's line of execution begins here; any word may be asked."""
        try:
            table = read_word(address)
            if table not in self._is_object:
                offset_to_top, info = (read_signed(table - 2 * word_size()),
                                       read_word(table - word_size()))
                self._is_object[table] = (offset_to_top == 0 and '_class_type_info' in
                                          self._kind(info) and NAMESPACE + 'child_line' in
                                          [name for name, _ in self.bases(info)])
            return self._is_object[table]
        except (gdb.error, gdb.MemoryError, struct.error):
            return False


# -------------------------------------------------------------------------------------- coroutines


class Frame:
    """A suspended coroutine: its promise follows the two words of every coroutine's frame."""

    def __init__(self, address):
        self.promise = object_at(address + 2 * word_size(), 'promise_base')
        place = self.promise['where']['_M_impl']
        self.is_gate = int(place) == 0 or int(place['_M_line']) == 0
        if not self.is_gate:
            self.function = place['_M_function_name'].string(errors='replace')
            file = place['_M_file_name'].string(errors='replace')
            self.place = '%s:%d' % (file.rsplit('/', 1)[-1], int(place['_M_line']))

    def caller(self):
        link = self.promise['link']
        return first_member(link['caller']) if int(link) != 0 else 0


def function_of(coroutine):
    if coroutine == 0:
        return ''
    frame = Frame(coroutine)
    return '' if frame.is_gate else frame.function


# -------------------------------------------------------------------------------------------- tree


def seconds(nanoseconds):
    return '%.3g s left' % (max(nanoseconds, 0) / 1e9)


def counted(count, of='running task'):
    return '%d %s%s' % (count, of, '' if count == 1 else 's')


class Tree:
    def __init__(self, core):
        self.core = core
        self.rtti = Rtti()
        self.out = []

    def draw(self):
        roots = []
        for link in links_of(self.core['top_levels_']):
            roots.append(link - offset_of_base('top_level', 'ring_link'))
        left = []
        self._push(left, [self._waiter_at(root) for root in roots], '', 0)
        while left:
            entry = left.pop()
            if isinstance(entry, str):
                self.out.append(entry)
            else:
                self._draw_line(left, *entry)
        return '\n'.join(self.out)

    def _waiter_at(self, address):
        return self.rtti.parts(address)[NAMESPACE + 'waiter']

    def _push(self, left, lines, indent, depth):
        if depth > DEEPEST and lines:
            self.out.append(indent + '(deeper ones are left out)')
            return
        shown = lines[:MOST_CHILDREN]
        if len(shown) < len(lines):
            self.out.append('%s(%d more)' % (indent, len(lines) - len(shown)))
        for i in range(len(shown), 0, -1):
            left.append((shown[i - 1], indent, i == len(lines), depth))

    def _draw_line(self, left, address, indent, is_last, depth):
        waiter = object_at(address, 'waiter')
        runs = int(self.core['running']) == address
        text = indent + ('' if depth == 0 else '└─ ' if is_last else '├─ ')
        text += self.name_of(address)
        text += self._way(first_member(self.core['running_coroutine'] if runs
                                       else waiter['resume_point']))
        children = []
        operation = 0 if runs or bool(waiter['queued']) else int(waiter['awaited_'])
        if runs:
            text += ': running'
        elif bool(waiter['queued']):
            text += ': ready'
        elif operation != 0:
            text += ': ' + self.describe(operation)
            children = self.children(operation)
        else:
            text += ': ended'
        if bool(waiter['cancel_requested']):
            text += ' (cancelled)'
        self.out.append(text)
        below = indent if depth == 0 else indent + ('   ' if is_last else '│  ')
        self._push(left, children, below, depth + 1)

    def _way(self, innermost):
        """The places of the co_awaits, outermost first."""
        frames = []
        at = innermost
        while at != 0:
            frame = Frame(at)
            if not frame.is_gate:
                frames.append(frame)
            at = frame.caller()
        frames.reverse()
        omitted = max(len(frames) - MOST_FRAMES, 0)
        text = ''
        for i, frame in enumerate(frames):
            if omitted and MOST_FRAMES // 2 <= i < MOST_FRAMES // 2 + omitted:
                if i == MOST_FRAMES // 2:
                    text += ' > ... %d more ...' % omitted
                continue
            text += ' ' if i == 0 else ' > ' + frame.function + ' '
            text += frame.place
        return text

    # -- lines of execution

    def name_of(self, address):
        parts = self.rtti.parts(address)
        for kind in ('spawned_base', 'main_task', 'child_line'):
            if NAMESPACE + kind in parts:
                line = object_at(parts[NAMESPACE + kind], kind)
                name = ''
                for named in ('spawned_base', 'group_member'):
                    if NAMESPACE + named in parts:
                        name = std_string(object_at(parts[NAMESPACE + named], named)['name_'])
                return '"%s"' % name if name else function_of(first_member(line['coroutine_']))
        return self.rtti.most_derived(address)

    def _has_ended(self, address):
        """A child that has run to its end."""
        child = object_at(self.rtti.parts(address)[NAMESPACE + 'child_line'], 'child_line')
        coroutine = first_member(child['coroutine_'])
        return (coroutine == 0 or first_member(child['resume_point']) == 0
                and read_word(coroutine) == 0)

    # -- what they wait for

    def describe(self, operation):
        parts = self.rtti.parts(operation)
        for kind, describe in DESCRIPTIONS:
            if NAMESPACE + kind in parts:
                is_named = '(' not in kind
                part = object_at(parts[NAMESPACE + kind], kind) if is_named else None
                return describe(self, part, parts)
        return self.rtti.most_derived(operation)

    def now(self):
        if bool(self.core['options_']['virtual_time']):
            return int(self.core['virtual_now_'])
        if is_live():
            return time.clock_gettime_ns(time.CLOCK_MONOTONIC)
        # A core file does not tell when it was made, but the loop has noted when it began to wait.
        reactor = object_at(pointee(self.core['reactor_']), 'reactor')
        return int(reactor['loop_']['time']) * 1000000

    # -- and whom

    def children(self, operation):
        parts = self.rtti.parts(operation)
        found = []
        for kind in ('deadline_operation', 'shield_operation'):
            if NAMESPACE + kind in parts:
                found = [int(object_at(parts[NAMESPACE + kind], kind)['child_'])]
        if NAMESPACE + 'task_group_operation' in parts:
            group = object_at(parts[NAMESPACE + 'task_group_operation'], 'task_group_operation')
            if bool(group['body_runs_']):
                found.append(int(group['body_']))
            member = int(group['first_'])
            while member != 0:
                found.append(member)
                member = int(object_at(member, 'group_member')['next_member'])
        for kind in ('children_operation', 'race_operation', 'completion_set'):
            if NAMESPACE + kind in parts:
                found = self._owned_by(operation, parts[NAMESPACE + 'child_owner'])
                if kind == 'completion_set':
                    found = [child for child in found if not self._has_ended(child)]
        return [self._waiter_at(child) for child in found]

    def _owned_by(self, operation, owner):
        """The children inside an operation, or in an array that it points to: what has a child's
        vtable and says that this is its owner. Their types are the program's own."""
        start = self.rtti.whole_object(operation)[0]
        step = word_size()
        owner_offset = self._offset('child_line', 'owner_')

        def is_child(address):
            try:
                return (read_word(address + owner_offset) == owner
                        and self.rtti.is_child_line(address))
            except gdb.MemoryError:
                return False

        found = []
        end = start + 1024
        at = start
        while at < end:
            if is_child(at):
                found.append(at)
                end = at + 1024
                if len(found) > MOST_CHILDREN * 2:
                    break
            elif not found:
                try:
                    pointer = read_word(at)
                except gdb.MemoryError:
                    break
                if pointer % step == 0 and pointer > 4096 and is_child(pointer):
                    return self._array(pointer, is_child)
            at += step
        # libstdc++'s tuples begin with their last element.
        return found if self._is_libcxx() else found[::-1]

    def _array(self, first, is_child):
        found = [first]
        stride = word_size()
        while not is_child(first + stride):
            stride += word_size()
            if stride > 1024:
                return found
        while is_child(found[-1] + stride):
            found.append(found[-1] + stride)
        return found

    @staticmethod
    def _offset(name, member):
        for field in type_of(name).fields():
            if field.name == member:
                return field.bitpos // 8
        raise Unreadable('%s%s has no %s: this script belongs to another version of simul'
                         % (NAMESPACE, name, member))

    @staticmethod
    def _is_libcxx():
        try:
            gdb.lookup_type('std::__1::string')
            return True
        except gdb.error:
            return False


def path_of(open_file):
    file = object_at(pointee(open_file), 'open_file')
    return file, std_string(file['path']['_M_pathname'])


def left(timed, tree):
    deadline = int(timed['deadline'])
    return -deadline if deadline < 0 else deadline - tree.now()


def describe_sleep(tree, sleep, parts):
    return 'sleep ' + seconds(left(sleep, tree))


def describe_timeout(tree, timeout, parts):
    return 'timeout ' + seconds(left(timeout['alarm_'], tree))


def describe_children(tree, children, parts):
    return '%s of %s' % (children['name_'].string(), counted(int(children['running_'])))


def describe_race(tree, race, parts):
    return 'race of %d running tasks' % int(race['running_'])


def describe_group(tree, group, parts):
    return ('task group of %d running tasks'
            % (int(group['members_']) + (1 if bool(group['body_runs_']) else 0)))


def describe_start(tree, start, parts):
    member = int(start['member_'])
    return 'start of ' + (tree.name_of(member) if member != 0 else '')


def describe_join(tree, join, parts):
    hook = object_at(parts[NAMESPACE + 'join_hook'], 'join_hook')
    return 'task ' + tree.name_of(int(hook['joined_']))


def describe_clean_up(tree, ending, parts):
    return 'clean-up of ' + describe_join(tree, ending, parts)


def describe_wait(tree, wait, parts):
    text = 'wait for %d running tasks' % int(wait['running_'])
    hooks = wait['hooks_']
    shown = 0
    for i in range(int(hooks['size_'])):
        joined = hooks['data_'][i]['joined_']
        if bool(object_at(int(joined), 'spawned_base')['done_']):
            continue
        text += ': ' if shown == 0 else ', '
        shown += 1
        if shown > 5:
            return text + '...'
        text += tree.name_of(int(joined))
    return text


def describe_waiting(tree, waiting, parts):
    if int(waiting['list_']) == 0:
        return 'something that has been destroyed'
    text = waiting['list_']['what_'].string()
    if NAMESPACE + 'barrier_operation' in parts:
        barrier = object_at(parts[NAMESPACE + 'barrier_operation'], 'barrier_operation')['barrier_']
        text += ', %d of %d have come' % (int(barrier['waiting_']['size_']),
                                          int(barrier['parties_']))
    elif NAMESPACE + 'latch_operation' in parts:
        latch = object_at(parts[NAMESPACE + 'latch_operation'], 'latch_operation')['latch_']
        text += ', %d left' % int(latch['left_'])
    return text


def describe_transfer(tree, transfer, parts):
    file, path = path_of(transfer['file_'])
    text = ('read ' if str(transfer['what_']).endswith('read') else 'write ') + path
    if int(transfer['offset_']) >= 0:
        return text + ' at %d' % int(transfer['offset_'])
    if bool(file['polls']) or bool(file['appends']):
        return text
    return text + ' at %d' % int(file['position'])


def describe_chunk(tree, chunk, parts):
    source = object_at(int(chunk['from_'].address), 'read_ahead')
    return 'read %s at %d' % (path_of(source['file_'])[1], int(source['position_']))


def describe_file_call(tree, call, parts):
    return str(call['what_']).rsplit('::', 1)[-1] + ' ' + path_of(call['file_'])[1]


def describe_open(tree, opening, parts):
    return 'open ' + path_of(opening['file_'])[1]


def describe_whole_file(tree, whole, parts):
    job = pointee(whole['job_'])
    kind = 'write_file ' if 'write' in tree.rtti.most_derived(job) else 'read_file '
    return kind + std_string(object_at(job, 'whole_file_job')['path'])


def describe_completions(tree, completions, parts):
    return 'as_completed of ' + counted(int(completions['running_']))


def describe_next_completion(tree, completion, parts):
    of = object_at(int(completion['from_'].address), 'completion_set')
    return 'the next of ' + counted(int(of['running_']))


def describe_slots(tree, slots, parts):
    return 'one of %s to end' % counted(int(slots['count_']))


# What an operation says of itself, by the class that decides: derived ones come first.
DESCRIPTIONS = [
    ('sleep_operation', describe_sleep),
    ('deadline_operation', describe_timeout),
    ('children_operation', describe_children),
    ('race_operation', describe_race),
    ('tear_down_operation', lambda tree, operation, parts: 'tear-down'),
    ('shield_operation', lambda tree, operation, parts: 'shield'),
    ('task_group_operation', describe_group),
    ('start_operation', describe_start),
    ('join_operation', describe_join),
    ('(anonymous namespace)::ending_of', describe_clean_up),
    ('wait_operation', describe_wait),
    ('waiting_operation', describe_waiting),
    ('file_transfer', describe_transfer),
    ('chunk_read', describe_chunk),
    ('file_call', describe_file_call),
    ('file_open', describe_open),
    ('whole_file', describe_whole_file),
    ('thread_operation', lambda tree, operation, parts: 'a call in another thread'),
    ('completion_set', describe_completions),
    ('next_completion', describe_next_completion),
    ('slots', describe_slots),
    ('foreign_operation', lambda tree, operation, parts: "an awaiter of the program's"),
]


# ----------------------------------------------------------------------------------------- command


def is_live():
    connection = getattr(gdb.selected_inferior(), 'connection', None)
    return connection is not None and connection.type == 'native'


def loop_of_thread():
    """The loop that runs on the selected thread, or 0."""
    try:
        return int(gdb.parse_and_eval("'%s(anonymous namespace)::current_core'" % NAMESPACE))
    except gdb.error:
        pass
    # Without the thread's variables: the loop's own functions know it.
    frame = gdb.newest_frame()
    while frame is not None:
        if (frame.name() or '').startswith(NAMESPACE + 'loop_core::'):
            try:
                return int(frame.read_var('this'))
            except (gdb.error, ValueError):
                pass
        frame = frame.older()
    return 0


def running_loops():
    """[(loop, thread)] of all threads."""
    type_of('reactor')  # the library's own: says so when that has no debug information
    selected = gdb.selected_thread()
    if selected is None:
        raise Unreadable('no process and no core file')
    frame = gdb.selected_frame()
    found = {}
    try:
        for thread in sorted(gdb.selected_inferior().threads(), key=lambda each: each.num):
            thread.switch()
            loop = loop_of_thread()
            if loop != 0:
                found.setdefault(loop, thread)
    finally:
        selected.switch()
        frame.select()
    return list(found.items())


def loop_named(expression):
    value = gdb.parse_and_eval(expression)
    if value.type.strip_typedefs().code == gdb.TYPE_CODE_REF:
        value = value.referenced_value()
    if value.type.strip_typedefs().code == gdb.TYPE_CODE_PTR:
        value = value.dereference()
    name = value.type.unqualified().strip_typedefs().name
    if name == 'simul::loop':
        return pointee(value['core_'])
    if name == NAMESPACE + 'loop_core':
        return int(value.address)
    raise Unreadable('%s is a %s, and no simul::loop' % (expression, name))


class SimulCommand(gdb.Command):
    """What simul is doing. `simul tasks` shows its tasks."""

    def __init__(self):
        super().__init__('simul', gdb.COMMAND_STATUS, gdb.COMPLETE_NONE, True)


class SimulTasks(gdb.Command):
    """Shows the tasks of every loop that runs, or of one: simul tasks [LOOP]

For each task: its name, where it stands (the file and line of every co_await on the way), what it
waits for, and below it the tasks that it waits for. LOOP is an expression for a simul::loop."""

    def __init__(self):
        super().__init__('simul tasks', gdb.COMMAND_STATUS, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        language = gdb.parameter('language')
        # That of the frame may be another: the program may have no debug information.
        gdb.execute('set language c++', to_string=True)
        try:
            show_tasks(argument)
        except Unreadable as error:
            raise gdb.GdbError(str(error)) from None
        except (gdb.error, KeyError) as error:
            raise gdb.GdbError('the tasks cannot be read: %r' % error) from None
        finally:
            gdb.execute('set language ' + language, to_string=True)


def show_tasks(expression):
    loops = [(loop_named(expression), None)] if expression else running_loops()
    if not loops:
        gdb.write('no loop runs; `simul tasks LOOP` shows one that does not\n')
    for address, thread in loops:
        title = 'loop 0x%x' % address
        if thread is not None:
            title += ' on thread %d (%d)' % (thread.num, thread.ptid[1])
        core = object_at(address, 'loop_core')
        gdb.write(title + ':\n' + (Tree(core).draw() or 'no tasks') + '\n')


SimulCommand()
SimulTasks()
