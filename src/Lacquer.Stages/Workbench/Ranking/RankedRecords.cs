using System.Buffers.Binary;

namespace Lacquer.Stages.Workbench.Ranking;

/// <summary>How many records there will be of which ranks, about: by blocks of ranks. For several threads at once.</summary>
/// <param name="last">The last rank.</param>
internal sealed class RankCounts(long last)
{
    /// <summary>A block has 2 to the power of this many ranks.</summary>
    public const int Shift = 12;

    private readonly long[] _blocks = new long[(last >> Shift) + 1];

    /// <summary>Counts a record.</summary>
    public void Add(uint rank) => Interlocked.Increment(ref _blocks[rank >> Shift]);

    /// <summary>How many there are in each block.</summary>
    public IReadOnlyList<long> Blocks => _blocks;
}

/// <summary>Records in the order of their ranks, sorted on disk: in runs of neighbouring ranks, few enough that no system minds the open files, each small enough to be held at once, of 86 million of 330 bytes some 28 MB.</summary>
internal sealed class RankedRecords : IDisposable
{
    private const int MostRuns = 1024;
    private const long LeastOfRun = 16_384;
    private const long HeldBytes = 128 << 20;
    private const int HeadBytes = sizeof(uint) + sizeof(int);
    private const int BufferBytes = 1 << 15;

    private readonly List<Run> _runs = [];
    private readonly List<int> _runOf = [];
    private long _count;

    /// <summary>Makes the files, which are gone when they have been read, or when this is closed.</summary>
    /// <param name="room">Where.</param>
    /// <param name="counts">How many records of which ranks come.</param>
    public RankedRecords(RankingRoom room, RankCounts counts)
    {
        var wanted = Math.Max(LeastOfRun, counts.Blocks.Sum() / MostRuns + 1);
        var filled = wanted;
        foreach (var block in counts.Blocks)
        {
            if (filled >= wanted)
            {
                _runs.Add(new Run(Path.Combine(room.Folder, $"run-{_runs.Count:d3}")));
                filled = 0;
            }

            _runOf.Add(_runs.Count - 1);
            filled += block;
        }
    }

    /// <summary>How many records there are.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>Adds a record. For several threads at once.</summary>
    public void Add(uint rank, ReadOnlySpan<byte> record)
    {
        _runs[_runOf[(int)(rank >> RankCounts.Shift)]].Add(rank, record);
        Interlocked.Increment(ref _count);
    }

    /// <summary>The records in the order of their ranks, those of one rank in the order of their bytes. Their memory is not used again.</summary>
    public IEnumerable<(uint Rank, ReadOnlyMemory<byte> Record)> Read() => _runs.SelectMany(run => run.Read());

    /// <inheritdoc/>
    public void Dispose() => _runs.ForEach(run => run.Dispose());

    private sealed class Run(string path) : IDisposable
    {
        private readonly FileStream _file = new(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, BufferSize = BufferBytes, Options = FileOptions.DeleteOnClose });

        public void Add(uint rank, ReadOnlySpan<byte> record)
        {
            Span<byte> head = stackalloc byte[HeadBytes];
            BinaryPrimitives.WriteUInt32LittleEndian(head, rank);
            BinaryPrimitives.WriteInt32LittleEndian(head[sizeof(uint)..], record.Length);
            lock (_file)
            {
                _file.Write(head);
                _file.Write(record);
            }
        }

        public IEnumerable<(uint Rank, ReadOnlyMemory<byte> Record)> Read()
        {
            _file.Flush();
            var held = _file.Length <= HeldBytes ? GC.AllocateUninitializedArray<byte>((int)_file.Length) : null;
            if (held is not null && RandomAccess.Read(_file.SafeFileHandle, held, 0) != held.Length)
                throw Short();
            var (ranks, places) = Places(held);
            for (var i = 0; i < places.Length; i++)
                yield return (ranks[i], At(held, places[i]));
            Dispose();
        }

        public void Dispose() => _file.Dispose();

        private (uint[] Ranks, long[] Places) Places(byte[]? held)
        {
            var (ranks, offsets) = (new List<uint>(), new List<long>());
            Span<byte> own = stackalloc byte[HeadBytes];
            var end = _file.Length;
            for (var offset = 0L; offset < end;)
            {
                var head = held is null ? Read(offset, own) : held.AsSpan((int)offset, HeadBytes);
                ranks.Add(BinaryPrimitives.ReadUInt32LittleEndian(head));
                offsets.Add(offset);
                offset += HeadBytes + BinaryPrimitives.ReadInt32LittleEndian(head[sizeof(uint)..]);
            }

            var (sorted, places) = (ranks.ToArray(), offsets.ToArray());
            Array.Sort(sorted, places);
            for (var from = 0; from < sorted.Length;)
            {
                var until = from + 1;
                while (until < sorted.Length && sorted[until] == sorted[from])
                    until++;
                if (until > from + 1)
                    Array.Sort(places, from, until - from, Comparer<long>.Create((left, right) => At(held, left).Span.SequenceCompareTo(At(held, right).Span)));
                from = until;
            }

            return (sorted, places);
        }

        private ReadOnlyMemory<byte> At(byte[]? held, long offset)
        {
            var head = held is null ? Read(offset, stackalloc byte[HeadBytes]) : held.AsSpan((int)offset, HeadBytes);
            var length = BinaryPrimitives.ReadInt32LittleEndian(head[sizeof(uint)..]);
            if (held is not null)
                return held.AsMemory((int)offset + HeadBytes, length);
            var own = new byte[length];
            Read(offset + HeadBytes, own);
            return own;
        }

        private Span<byte> Read(long offset, Span<byte> buffer) => RandomAccess.Read(_file.SafeFileHandle, buffer, offset) == buffer.Length ? buffer : throw Short();

        private EndOfStreamException Short() => new($"{path} ends early");
    }
}
