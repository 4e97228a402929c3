using System.Buffers.Binary;
using System.Runtime.ExceptionServices;
using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Objects;
using Lacquer.Stages.Workbench;

namespace Lacquer.Stages.Pressing;

/// <summary>An object on its way into a volume.</summary>
/// <param name="Rank">The rank of the best-known recording that it is of.</param>
/// <param name="Extension">Its extension.</param>
/// <param name="Hashes">Its hashes.</param>
internal sealed record RankedObject(uint Rank, string Extension, ObjectHashes Hashes);

/// <summary>
/// Everything that may be published and stands in no volume, in rank order. Catalogue, ledger and objects are each read once from end to end, and brought together over files in a folder for that, so that memory does not grow with them:
/// ranks by recording, then ranks by object, then objects by rank.
/// </summary>
internal sealed class PressOrder : IDisposable
{
    // So few open files that no system minds, and parts of them small enough to be held at once.
    private const int MostRuns = 256;
    private const long LeastOfRun = 65_536;
    private const long HeldBytes = 128 << 20;
    private const int RankShift = 12;
    private const int Page = 1 << 14;

    private readonly List<Run> _runs;

    private PressOrder(List<Run> runs, long count)
    {
        _runs = runs;
        Count = count;
    }

    /// <summary>How many objects there are.</summary>
    public long Count { get; }

    /// <summary>Brings them in order.</summary>
    /// <param name="archive">The archive, whose ledger is read by as many connections as there are cores.</param>
    /// <param name="catalogue">The catalogue that ranks.</param>
    /// <param name="folder">An empty folder for files that are gone when this is closed.</param>
    /// <param name="progress">Is told how far it is.</param>
    /// <param name="stop">Gives up.</param>
    public static PressOrder Make(OpenArchive archive, CatalogueReader catalogue, string folder, IProgress<StageProgress> progress, CancellationToken stop)
    {
        var recordings = catalogue.Totals().Recordings;
        var ranks = new long[(recordings >> RankShift) + 1];
        // Most objects are of one recording, and those that stand in a volume are there a second time.
        using var objects = new NumberedKeyFiles(folder, "object", archive.Ledger.ObjectTotals().Count + archive.Ledger.Volumes().Where(v => !v.Retired).Sum(v => (long)v.Files));
        using (var ids = new NumberedKeyFiles(folder, "id", recordings))
        {
            var read = 0L;
            OnAllCores(MostRuns, (side, sides) => catalogue.ScanRanks(recordings * side / sides, recordings * (side + 1) / sides, (rank, id) =>
            {
                Tick("rank", Interlocked.Increment(ref read), recordings, progress, stop);
                ids.Add(NumberedKeys.KeyOf(id), checked((uint)rank));
            }), stop);
            for (var part = 0; part < ids.Parts; part++)
            {
                using var rankOf = ids.Read(part);
                var (first, last) = ids.Range(part);
                OnAllCores(archive, last - first + 1, (ledger, side, sides) => ledger.ScanPublishable((byte)(first + (last - first + 1) * side / sides), (byte)(first + (last - first + 1) * (side + 1) / sides - 1), (recording, root) =>
                {
                    if (rankOf[NumberedKeys.KeyOf(recording)] is not { } rank)
                        return;
                    objects.Add(NumberedKeys.KeyOf(root), rank);
                    Interlocked.Increment(ref ranks[rank >> RankShift]);
                }), stop);
            }
        }

        // Rank 0 is below all others: what stands in a volume is out.
        archive.Ledger.ScanStanding(root => objects.Add(NumberedKeys.KeyOf(root), 0));
        var runs = Cut(ranks, folder);
        try
        {
            return new PressOrder(runs, Distribute(archive, objects, runs, progress, stop));
        }
        catch
        {
            runs.ForEach(run => run.Dispose());
            throw;
        }
    }

    /// <summary>The objects in rank order.</summary>
    public IEnumerable<RankedObject> Read() => _runs.SelectMany(run => run.Read());

    /// <inheritdoc/>
    public void Dispose() => _runs.ForEach(run => run.Dispose());

    private static long Distribute(OpenArchive archive, NumberedKeyFiles objects, List<Run> runs, IProgress<StageProgress> progress, CancellationToken stop)
    {
        var runOf = runs.SelectMany((run, i) => Enumerable.Repeat(i, run.Blocks)).ToArray();
        var (count, read, total) = (0L, 0L, objects.Parts * archive.Ledger.ObjectTotals().Count);
        for (var part = 0; part < objects.Parts; part++)
        {
            using var rankOf = objects.Read(part);
            OnAllCores(archive, MostRuns, (ledger, side, sides) => ledger.ScanObjects((root, sha256, lengthBytes, extension, pieceLayer, pieceDigestsV1) =>
            {
                Tick("order", Interlocked.Increment(ref read), total, progress, stop);
                if (rankOf[NumberedKeys.KeyOf(root)] is not (> 0 and { } rank))
                    return;
                runs[runOf[rank >> RankShift]].Add(rank, root, sha256, lengthBytes, extension, pieceLayer, pieceDigestsV1);
                Interlocked.Increment(ref count);
            }, side, sides), stop);
        }

        return count;
    }

    // Each core reads a part of the ledger.
    private static void OnAllCores(OpenArchive archive, int most, Action<Ledger, int, int> read, CancellationToken stop) => OnAllCores(most, (side, sides) =>
    {
        using var ledger = archive.ReadBeside();
        read(ledger, side, sides);
    }, stop);

    private static void OnAllCores(int most, Action<int, int> read, CancellationToken stop)
    {
        var sides = Math.Min(most, Environment.ProcessorCount);
        try
        {
            Parallel.For(0, sides, new ParallelOptions { MaxDegreeOfParallelism = sides, CancellationToken = stop }, side => read(side, sides));
        }
        catch (AggregateException several)
        {
            ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
        }
    }

    // Neighbouring blocks of ranks make a run.
    private static List<Run> Cut(long[] ranks, string folder)
    {
        var wanted = Math.Max(LeastOfRun, ranks.Sum() / MostRuns + 1);
        var runs = new List<Run>();
        var (blocks, filled) = (0, 0L);
        for (var block = 0; block < ranks.Length; block++)
        {
            blocks++;
            filled += ranks[block];
            if (filled < wanted && block + 1 < ranks.Length)
                continue;
            runs.Add(new Run(Path.Combine(folder, $"run-{runs.Count:d3}"), blocks));
            (blocks, filled) = (0, 0);
        }

        return runs;
    }

    private static void Tick(string what, long done, long total, IProgress<StageProgress> progress, CancellationToken stop)
    {
        if (done % Page != 0)
            return;
        stop.ThrowIfCancellationRequested();
        progress.Report(new StageProgress(what, done, total));
    }

    /// <summary>The objects of some ranks, as they came.</summary>
    private sealed class Run(string path, int blocks) : IDisposable
    {
        private const int HeadBytes = 4 + 8 + 1 + 4 + 4 + 32 + 32;
        private const int BufferBytes = 1 << 17;

        private static readonly string[] Extensions = [.. ObjectExtensions.All.Order(StringComparer.Ordinal)];

        private readonly FileStream _file = new(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, BufferSize = BufferBytes, Options = FileOptions.DeleteOnClose });

        public int Blocks => blocks;

        public void Add(uint rank, ReadOnlySpan<byte> root, ReadOnlySpan<byte> sha256, long lengthBytes, string extension, ReadOnlySpan<byte> pieceLayer, ReadOnlySpan<byte> pieceDigestsV1)
        {
            Span<byte> head = stackalloc byte[HeadBytes];
            BinaryPrimitives.WriteUInt32LittleEndian(head, rank);
            BinaryPrimitives.WriteInt64LittleEndian(head[4..], lengthBytes);
            head[12] = (byte)Array.BinarySearch(Extensions, extension, StringComparer.Ordinal);
            BinaryPrimitives.WriteInt32LittleEndian(head[13..], pieceLayer.Length);
            BinaryPrimitives.WriteInt32LittleEndian(head[17..], pieceDigestsV1.Length);
            root.CopyTo(head[21..]);
            sha256.CopyTo(head[53..]);
            lock (_file)
            {
                _file.Write(head);
                _file.Write(pieceLayer);
                _file.Write(pieceDigestsV1);
            }
        }

        /// <summary>The objects in rank order; the file is gone then.</summary>
        public IEnumerable<RankedObject> Read()
        {
            _file.Flush();
            var held = _file.Length <= HeldBytes ? GC.AllocateUninitializedArray<byte>((int)_file.Length) : null;
            if (held is not null && RandomAccess.Read(_file.SafeFileHandle, held, 0) != held.Length)
                throw Short();
            foreach (var offset in Places(held))
                yield return At(held, offset);
            Dispose();
        }

        public void Dispose() => _file.Dispose();

        private long[] Places(byte[]? held)
        {
            var (ranks, offsets) = (new List<uint>(), new List<long>());
            Span<byte> own = stackalloc byte[HeadBytes];
            var end = _file.Length;
            for (var offset = 0L; offset < end;)
            {
                var head = held is null ? Read(offset, own) : held.AsSpan((int)offset, HeadBytes);
                ranks.Add(BinaryPrimitives.ReadUInt32LittleEndian(head));
                offsets.Add(offset);
                offset += HeadBytes + BinaryPrimitives.ReadInt32LittleEndian(head[13..]) + BinaryPrimitives.ReadInt32LittleEndian(head[17..]);
            }

            var places = offsets.ToArray();
            Array.Sort(ranks.ToArray(), places);
            return places;
        }

        private RankedObject At(byte[]? held, long offset)
        {
            var head = held is null ? Read(offset, stackalloc byte[HeadBytes]) : held.AsSpan((int)offset, HeadBytes);
            var (layerBytes, digestsBytes) = (BinaryPrimitives.ReadInt32LittleEndian(head[13..]), BinaryPrimitives.ReadInt32LittleEndian(head[17..]));
            ReadOnlyMemory<byte> hashes;
            if (held is not null)
            {
                hashes = held.AsMemory((int)offset + HeadBytes, layerBytes + digestsBytes);
            }
            else
            {
                var own = new byte[layerBytes + digestsBytes];
                Read(offset + HeadBytes, own);
                hashes = own;
            }

            return new RankedObject(BinaryPrimitives.ReadUInt32LittleEndian(head), Extensions[head[12]],
                new ObjectHashes(BinaryPrimitives.ReadInt64LittleEndian(head[4..]), new Sha256Digest(head.Slice(53, 32)), new PiecesRoot(new Sha256Digest(head.Slice(21, 32))), hashes[..layerBytes], hashes[layerBytes..]));
        }

        private Span<byte> Read(long offset, Span<byte> buffer) => RandomAccess.Read(_file.SafeFileHandle, buffer, offset) == buffer.Length ? buffer : throw Short();

        private EndOfStreamException Short() => new($"{path} ends early");
    }
}
