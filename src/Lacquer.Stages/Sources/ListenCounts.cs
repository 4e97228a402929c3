using System.Buffers.Binary;
using System.Text;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Sources;

/// <summary>How often a recording was heard.</summary>
/// <param name="Mbid">Its MBID.</param>
/// <param name="Listens">How often.</param>
/// <param name="Title">Its title, as one listen has it; "" where none has.</param>
/// <param name="Artist">Its artist, likewise.</param>
/// <param name="Release">What it was heard from, likewise.</param>
internal sealed record ListenCount(Guid Mbid, long Listens, string Title, string Artist, string Release);

/// <summary>
/// Counts listens by MBID in bounded memory, about 60 bytes for each recording that is counted at once: when there are as many as may be, they go to disk as a sorted run of 32 bytes each, and runs are merged in the end.
/// Names are those of the first listen that has any; they lie in a file meanwhile. Both files vanish with this.
/// </summary>
/// <param name="folder">Where the files are made.</param>
/// <param name="most">Recordings in memory at once.</param>
internal sealed class ListenCounts(string folder, int most) : IDisposable
{
    private const int RowBytes = 32;
    private const long NoNames = long.MaxValue;

    private readonly Dictionary<Guid, (long Listens, long NamesAt)> _counts = [];
    private readonly List<FileStream> _runs = [];
    private BinaryWriter? _names;

    /// <summary>Counts a listen.</summary>
    /// <param name="mbid">Of what was heard.</param>
    /// <param name="names">Asked where no listen so far had names; null where this one has none either.</param>
    public void Add(Guid mbid, Func<(string Title, string Artist, string Release)?> names)
    {
        if (!_counts.TryGetValue(mbid, out var count))
        {
            if (_counts.Count >= most)
                WriteRun();
            count = (0, NoNames);
        }

        if (count.NamesAt == NoNames && names() is { } said)
            count.NamesAt = Keep(said.Title, said.Artist, said.Release);
        _counts[mbid] = (count.Listens + 1, count.NamesAt);
    }

    /// <summary>All counts, in the order of their MBIDs. Nothing can be added afterwards.</summary>
    public IEnumerable<ListenCount> InOrder()
    {
        WriteRun();
        using var names = _names is null ? null : new BinaryReader(_names.BaseStream, Encoding.UTF8, leaveOpen: true);
        var queue = new PriorityQueue<FileStream, Guid>();
        var heads = new Dictionary<FileStream, (long Listens, long NamesAt)>();
        var row = new byte[RowBytes];
        foreach (var run in _runs)
        {
            run.Position = 0;
            Next(run);
        }

        while (queue.TryPeek(out _, out var mbid))
        {
            var (listens, namesAt) = (0L, NoNames);
            while (queue.TryPeek(out var run, out var same) && same == mbid)
            {
                queue.Dequeue();
                listens += heads[run].Listens;
                namesAt = Math.Min(namesAt, heads[run].NamesAt);
                Next(run);
            }

            if (namesAt == NoNames)
            {
                yield return new ListenCount(mbid, listens, "", "", "");
                continue;
            }

            names!.BaseStream.Position = namesAt;
            yield return new ListenCount(mbid, listens, names.ReadString(), names.ReadString(), names.ReadString());
        }

        void Next(FileStream run)
        {
            if (run.ReadAtLeast(row, RowBytes, throwOnEndOfStream: false) < RowBytes)
                return;
            heads[run] = (BinaryPrimitives.ReadInt64BigEndian(row.AsSpan(16)), BinaryPrimitives.ReadInt64BigEndian(row.AsSpan(24)));
            queue.Enqueue(run, new Guid(row.AsSpan(0, 16), bigEndian: true));
        }
    }

    private long Keep(string title, string artist, string release)
    {
        _names ??= new BinaryWriter(Temporary(), Encoding.UTF8);
        var at = _names.Seek(0, SeekOrigin.Current);
        _names.Write(title);
        _names.Write(artist);
        _names.Write(release);
        return at;
    }

    private void WriteRun()
    {
        if (_counts.Count == 0)
            return;
        var run = Temporary();
        _runs.Add(run);
        var keys = _counts.Keys.ToArray();
        Array.Sort(keys);
        Span<byte> row = stackalloc byte[RowBytes];
        foreach (var mbid in keys)
        {
            var (listens, namesAt) = _counts[mbid];
            mbid.TryWriteBytes(row, bigEndian: true, out _);
            BinaryPrimitives.WriteInt64BigEndian(row[16..], listens);
            BinaryPrimitives.WriteInt64BigEndian(row[24..], namesAt);
            run.Write(row);
        }

        _counts.Clear();
    }

    // What a kill leaves of them, the next harvest of the source removes.
    private FileStream Temporary() => new(Path.Combine(folder, Path.GetRandomFileName() + Durable.Partial), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose);

    /// <inheritdoc/>
    public void Dispose()
    {
        _names?.Dispose();
        foreach (var run in _runs)
            run.Dispose();
    }
}
