import Glibc
import Model
import Platform
import Testing

/// SQLite's own locks are POSIX locks of other processes; ours must meet them and must not vanish like them.
@Suite(.folder) struct FileLockTests {
    private var path: String { "\(Fixture.folder)/file" }
    private let range = FileLock.Range(start: 1_073_741_824, count: 510)

    @Test func sharedLocksAgreeAndExclusiveOnesDoNot() throws {
        let one = try put([], path)
        let other = try File.open(path, .readWrite)
        #expect(try FileLock.tryShared(one, range))
        #expect(try FileLock.tryShared(other, range))
        #expect(try !FileLock.tryExclusive(other, range))
        #expect(try FileLock.conflict(other, range, exclusive: false) == nil)
        let holder = try #require(try FileLock.conflict(other, range, exclusive: true))
        #expect(!holder.isExclusive && holder.processID == nil)
        try FileLock.unlock(one, range)
        #expect(try FileLock.tryExclusive(other, range))
        #expect(try !FileLock.tryShared(one, range))
        #expect(try FileLock.conflict(one, range, exclusive: false)?.isExclusive == true)
    }

    @Test func rangesThatDoNotTouchDoNotConflict() throws {
        let one = try put([], path)
        let other = try File.open(path, .readWrite)
        #expect(try FileLock.tryExclusive(one, .init(start: 10, count: 5)))
        #expect(try FileLock.tryExclusive(other, .init(start: 15, count: 5)))
        #expect(try FileLock.tryExclusive(other, .init(start: 5, count: 5)))
        #expect(try !FileLock.tryShared(other, .init(start: 0, count: 0)))
    }

    @Test func aLockOutlivesOtherDescriptorsOfTheFile() throws {
        let holder = try put([], path)
        #expect(try FileLock.tryShared(holder, range))
        do { _ = try File.open(path, .readWrite).status() }
        let other = try File.open(path, .readWrite)
        #expect(try !FileLock.tryExclusive(other, range))
    }

    @Test func aLockEndsWithItsFile() throws {
        let other = try put([], path)
        do {
            let holder = try File.open(path, .readWrite)
            #expect(try FileLock.tryExclusive(holder, range))
            #expect(try !FileLock.tryShared(other, range))
        }
        #expect(try FileLock.tryShared(other, range))
    }

    @Test func posixLocksOfAnotherProcessAreSeenWithItsID() async throws {
        let file = try put([], path)
        // A POSIX lock belongs to the process: the child meets it as a SQLite writer's would be met.
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_start = off_t(range.start)
        lock.l_len = off_t(range.count)
        #expect(fcntl(file.descriptor, F_SETLK, &lock) == 0)
        await #expect(processExitsWith: .success) {
            [
                path = path as String, start = range.start as Int64, count = range.count as Int64,
                parent = getpid() as Int32
            ] in
            let range = FileLock.Range(start: start, count: count)
            let file = try File.open(path, .readWrite)
            guard try !FileLock.tryShared(file, range), try !FileLock.tryExclusive(file, range) else { exit(10) }
            let holder = try FileLock.conflict(file, range, exclusive: false)
            guard holder?.isExclusive == true, holder?.processID == parent else { exit(11) }
            guard try FileLock.tryExclusive(file, .init(start: 0, count: 10)) else { exit(12) }
            exit(0)
        }
    }

    @Test func ourLocksKeepPosixLocksOfAnotherProcessOut() async throws {
        let file = try put([], path)
        #expect(try FileLock.tryShared(file, range))
        await #expect(processExitsWith: .success) {
            [path = path as String, start = range.start as Int64, count = range.count as Int64] in
            let file = try File.open(path, .readWrite)
            var lock = flock()
            lock.l_type = Int16(F_WRLCK)
            lock.l_start = off_t(start)
            lock.l_len = off_t(count)
            guard fcntl(file.descriptor, F_SETLK, &lock) != 0, errno == EAGAIN || errno == EACCES else { exit(10) }
            lock.l_type = Int16(F_RDLCK)
            guard fcntl(file.descriptor, F_SETLK, &lock) == 0 else { exit(11) }
            exit(0)
        }
    }
}
