using System.Diagnostics;
using System.Globalization;
using Lacquer.Formats.Objects;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Ingesting;

/// <summary>
/// A process's own folder of work in hand, <c>work/NAME</c>, beside a lock <c>work/NAME.lock</c> that is held as long as the process lives. Of processes that live no more, another takes over what they left: what was
/// fetched, and the notes of objects whose place in the ledger is not known; their jobs go back to the queue.
/// </summary>
internal sealed class WorkFolder : IDisposable
{
    private const string LockExtension = ".lock";

    // A process that was killed leaves the archive a moment before it lets go of its lock.
    private const int TriesWhileAlone = 100;
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(20);

    private readonly OpenArchive _archive;
    private FileStream? _lock;

    private WorkFolder(OpenArchive archive, string name, FileStream held)
    {
        (_archive, Name, _lock) = (archive, name, held);
        Folder = Path.Combine(archive.Layout.Work, name);
        Directory.CreateDirectory(Folder);
    }

    /// <summary>The folder's name, under which the process stands in the ledger: machine, process, and when it began.</summary>
    public string Name { get; }

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>Whether jobs are still this process's because they could not be given back, as on a full disk. Its lock then stays behind, so that another sees that nobody holds it, and need not wait for leases to run out.</summary>
    public bool HasJobs { get; set; }

    private string LockPath => Path.Combine(_archive.Layout.Work, Name + LockExtension);

    /// <summary>Makes the folder, and takes over what dead processes left.</summary>
    public static WorkFolder Open(OpenArchive archive)
    {
        Directory.CreateDirectory(archive.Layout.Work);
        var machine = new string(Environment.MachineName.ToLowerInvariant().Where(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c)).Take(32).ToArray());
        FileStream? held;
        string name;
        do
        {
            name = string.Create(CultureInfo.InvariantCulture, $"{machine}-{Environment.ProcessId}-{Stopwatch.GetTimestamp():x}");
            // The lock first: a folder that can be seen has its lock held.
            held = TryLock(Path.Combine(archive.Layout.Work, name + LockExtension), FileMode.OpenOrCreate);
        }
        while (held is null);
        var work = new WorkFolder(archive, name, held);
        work.Adopt();
        return work;
    }

    /// <summary>
    /// Nothing is put into it for now: what is in it, another may take over. Before the archive is left to the others, so that the last of them, who looks after all notes, finds these too.
    /// </summary>
    public void Leave()
    {
        if (_lock is null)
            return;
        if (!HasJobs && !Directory.EnumerateFileSystemEntries(Folder).Any())
        {
            Directory.Delete(Folder);
            File.Delete(LockPath);
        }

        _lock.Dispose();
        _lock = null;
    }

    /// <summary>It is this process's again, with all that others have left. Only while nobody else is at work on the archive.</summary>
    public void TakeBack()
    {
        _lock = TryLock(LockPath, FileMode.OpenOrCreate) ?? throw new IOException($"{LockPath} is locked");
        Directory.CreateDirectory(Folder);
        Adopt(TriesWhileAlone);
    }

    /// <summary>Takes over what dead processes left; what they had in hand goes back to the queue.</summary>
    /// <param name="tries">How often a lock that is held is tried.</param>
    public void Adopt(int tries = 1)
    {
        foreach (var path in Directory.EnumerateFiles(_archive.Layout.Work, "*" + LockExtension).Where(p => Path.GetFileNameWithoutExtension(p) != Name).ToList())
        {
            var dead = TryLock(path, FileMode.Open);
            for (var tried = 1; dead is null && tried < tries && File.Exists(path); tried++)
            {
                Thread.Sleep(BetweenTries);
                dead = TryLock(path, FileMode.Open);
            }

            if (dead is null)
                continue;
            using var held = dead;
            var name = Path.GetFileNameWithoutExtension(path);
            if (Path.Combine(_archive.Layout.Work, name) is var folder && Directory.Exists(folder))
            {
                TakeOver(folder);
                Directory.Delete(folder, recursive: true);
            }

            _archive.Ledger.Release(name, orderly: false);
            File.Delete(path);
        }

        // A version that knew of no such folders.
        TakeOver(_archive.Layout.Work);
    }

    /// <summary>
    /// Clears objects that nobody knows of. Before an object gets its place, a note of it is left here; one whose object is not in the ledger names an object that a process placed and did not live, or was not let, to
    /// enter. Others may be placing the same just now, so it is done only by who is alone at work.
    /// </summary>
    public async Task SweepAsync(IObjectStore objects, CancellationToken stop)
    {
        foreach (var note in Notes().ToList())
        {
            if (ObjectWriter.NotedObject(note) is { } noted && _archive.Ledger.Object(noted.Root) is null)
                await objects.DeleteAsync(noted, stop).ConfigureAwait(false);
            File.Delete(note);
        }
    }

    /// <inheritdoc/>
    // What was not fetched to its end, and notes that could not be looked after, stay for another process.
    public void Dispose() => Leave();

    /// <summary>Notes of objects whose place in the ledger is not known.</summary>
    public IEnumerable<string> Notes() => Directory.EnumerateFiles(Folder).Where(f => ObjectWriter.NotedObject(f) is not null);

    private void TakeOver(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder).Where(f => !f.EndsWith(LockExtension, StringComparison.Ordinal)).ToList())
        {
            try
            {
                if (AudioFetch.IsFetched(file) || ObjectWriter.NotedObject(file) is not null)
                    File.Move(file, Path.Combine(Folder, Path.GetFileName(file)), overwrite: true);
                else
                    File.Delete(file);
            }
            catch (FileNotFoundException)
            {
                // Another process was faster.
            }
        }
    }

    private static FileStream? TryLock(string path, FileMode mode)
    {
        try
        {
            return new FileStream(path, mode, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e is FileNotFoundException || OpenArchive.IsHeld(e))
        {
            return null;
        }
    }
}
