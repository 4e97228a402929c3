using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Lacquer.Formats.Catalogues;

/// <summary>
/// For each term the ranks of the entities that have it, in rank order, as the differences between them in SQLite's variable-length integers (seven bits to a byte, the highest first), which is what a
/// doclist of FTS5 without positions is made of. A list grows in chunks, each twice as large as the one before; the first rank stands beside it, so that a term of one entity takes no chunk.
/// </summary>
internal sealed unsafe class PostingLists
{
    private const int StateBits = 12;
    private const int StatesInBlock = 1 << StateBits;
    private const int Waiting = 256;
    private const int PoolBits = 16;
    private const int PoolBytes = 1 << PoolBits;

    // Bytes of a chunk of each level, not counting the link to the next; the last goes for all that follow.
    private static ReadOnlySpan<ushort> ChunkBytes => [8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4092];

    // Pinned, so that a list can point into them.
    private readonly List<ListState[]> _states = [];
    private readonly List<byte[]> _pool = [];
    private readonly int[] _terms = new int[Waiting];
    private readonly uint[] _ranks = new uint[Waiting];
    private int _waiting;
    private byte* _free;
    private int _freeBytes;

    /// <summary>What the lists take up in memory.</summary>
    public long Bytes => (long)_pool.Count * PoolBytes + (long)_states.Count * StatesInBlock * sizeof(ListState);

    /// <summary>How many postings there are.</summary>
    public long Postings { get; private set; }

    /// <summary>Adds the entity to the lists of terms, each once. Ranks come in order. They count after <see cref="Flush"/>.</summary>
    public void Add(uint rank, ReadOnlySpan<int> terms)
    {
        foreach (var term in terms)
        {
            if (_waiting == _terms.Length)
                Flush();
            (_terms[_waiting], _ranks[_waiting]) = (term, rank);
            _waiting++;
        }
    }

    /// <summary>
    /// Adds what waits. The lists lie all over memory: first what stands beside them is fetched for all that wait, then their ends, so that the waits for memory fall together.
    /// </summary>
    public void Flush()
    {
        var terms = _terms.AsSpan(0, _waiting);
        foreach (var term in terms)
        {
            while (term >> StateBits >= _states.Count)
                _states.Add(GC.AllocateArray<ListState>(StatesInBlock, pinned: true));
            if (Sse.IsSupported)
                Sse.Prefetch0(Unsafe.AsPointer(ref StateOf(term)));
        }

        if (Sse.IsSupported)
            foreach (var term in terms)
                Sse.Prefetch0(StateOf(term).Tail);

        for (var i = 0; i < terms.Length; i++)
        {
            ref var state = ref StateOf(terms[i]);
            var rank = _ranks[i];
            var last = state.Last;
            if (last == rank)
                continue;
            Postings++;
            state.Last = rank;
            state.Count++;
            if (state.Count == 1)
                state.First = rank;
            else
                Append(ref state, rank - last);
        }

        _waiting = 0;
    }

    /// <summary>The list of a term; false where it has none.</summary>
    public bool TryGet(int term, out PostingList list)
    {
        list = default;
        if (term >> StateBits >= _states.Count)
            return false;
        ref var state = ref _states[term >> StateBits][term & (StatesInBlock - 1)];
        list = new PostingList(state.First, state.Last, state.Count, state.Bytes);
        return state.Count > 0;
    }

    /// <summary>Fetches what stands beside the list of a term that is asked for soon.</summary>
    public void Prefetch(int term)
    {
        if (Sse.IsSupported && term >> StateBits < _states.Count)
            Sse.Prefetch0(Unsafe.AsPointer(ref StateOf(term)));
    }

    /// <summary>Fetches the beginning of a list, what stands beside it having come.</summary>
    public void PrefetchList(int term)
    {
        if (!Sse.IsSupported || term >> StateBits >= _states.Count)
            return;
        ref var state = ref StateOf(term);
        if (state.Bytes > 0)
            Sse.Prefetch0(Unsafe.AsPointer(ref _pool[(int)(state.Head >> (PoolBits - 2))][(int)(state.Head & ((PoolBytes >> 2) - 1)) << 2]));
    }

    /// <summary>The terms that have a list.</summary>
    public int[] Terms()
    {
        var terms = new List<int>();
        for (var block = 0; block < _states.Count; block++)
            for (var i = 0; i < StatesInBlock; i++)
                if (_states[block][i].Count > 0)
                    terms.Add((block << StateBits) + i);
        return [.. terms];
    }

    /// <summary>The differences of a list, chunk by chunk; a difference may lie in two chunks.</summary>
    public void CopyTo(int term, PostingSink to)
    {
        ref var state = ref _states[term >> StateBits][term & (StatesInBlock - 1)];
        var link = state.Head;
        var rest = (long)state.Bytes;
        for (var level = 0; rest > 0; level++)
        {
            var size = ChunkBytes[Math.Min(level, ChunkBytes.Length - 1)];
            var chunk = new ReadOnlySpan<byte>(_pool[(int)(link >> (PoolBits - 2))], (int)(link & ((PoolBytes >> 2) - 1)) << 2, size + sizeof(uint));
            var length = (int)Math.Min(rest, size);
            to(chunk[..length]);
            rest -= length;
            link = MemoryMarshal.Read<uint>(chunk[size..]);
        }
    }

    /// <summary>Forgets all lists, and gives their memory back.</summary>
    public void Clear()
    {
        _states.Clear();
        _pool.Clear();
        _freeBytes = 0;
        Postings = 0;
    }

    private ref ListState StateOf(int term) => ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(_states[term >> StateBits]), term & (StatesInBlock - 1));

    private void Append(ref ListState state, uint value)
    {
        if (value < 0x80 && state.Room > 0)
        {
            *state.Tail++ = (byte)value;
            state.Room--;
            state.Bytes++;
            return;
        }

        var length = value < 1u << 7 ? 1 : value < 1u << 14 ? 2 : value < 1u << 21 ? 3 : value < 1u << 28 ? 4 : 5;
        state.Bytes += (uint)length;
        for (var shift = (length - 1) * 7; shift >= 0; shift -= 7)
        {
            if (state.Room == 0)
                Extend(ref state);
            *state.Tail++ = (byte)(((value >> shift) & 0x7F) | (shift > 0 ? 0x80u : 0));
            state.Room--;
        }
    }

    private void Extend(ref ListState state)
    {
        var size = ChunkBytes[Math.Min((int)state.Level, ChunkBytes.Length - 1)];
        if (_freeBytes < size + sizeof(uint))
        {
            if (_pool.Count == 1 << (32 - PoolBits + 2))
                throw new InvalidOperationException("more than 16 GiB of postings in memory");
            _pool.Add(GC.AllocateUninitializedArray<byte>(PoolBytes, pinned: true));
            _free = (byte*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(_pool[^1]));
            _freeBytes = PoolBytes;
        }

        var link = ((uint)(_pool.Count - 1) << (PoolBits - 2)) | ((uint)(PoolBytes - _freeBytes) >> 2);
        if (state.Level == 0)
            state.Head = link;
        else
            // The chunk is full: its link follows.
            *(uint*)state.Tail = link;
        state.Tail = _free;
        state.Room = size;
        if (state.Level < ChunkBytes.Length)
            state.Level++;
        _free += size + sizeof(uint);
        _freeBytes -= size + sizeof(uint);
    }

    private struct ListState
    {
        public byte* Tail;
        public uint Head;
        public uint Last;
        public uint First;
        public uint Count;
        public uint Bytes;
        public ushort Room;
        public byte Level;
    }
}

/// <summary>What stands beside the differences of a list.</summary>
/// <param name="First">The first rank.</param>
/// <param name="Last">The last rank.</param>
/// <param name="Count">How many ranks.</param>
/// <param name="Bytes">The length of the differences.</param>
internal readonly record struct PostingList(uint First, uint Last, uint Count, uint Bytes);

/// <summary>Takes some of the differences of a list.</summary>
internal delegate void PostingSink(ReadOnlySpan<byte> differences);

/// <summary>Posting lists set aside in a file, which is gone when it is closed: those of some ranks, all behind those of the run before, in the order of their terms.</summary>
internal sealed class PostingRun : IDisposable
{
    private const int BufferBytes = 1 << 18;
    private const int HeaderBytes = 5 * sizeof(uint);

    private readonly FileStream _file;
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _start;
    private int _end;

    /// <summary>Writes the lists.</summary>
    /// <param name="path">The file, which must not be there yet.</param>
    /// <param name="lists">The lists.</param>
    /// <param name="order">The terms in the order of their bytes.</param>
    public PostingRun(string path, PostingLists lists, ReadOnlySpan<int> order)
    {
        _file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 0, Options = FileOptions.DeleteOnClose });
        try
        {
            PostingSink sink = Write;
            Span<uint> header = stackalloc uint[5];
            foreach (var term in order)
            {
                if (!lists.TryGet(term, out var list))
                    continue;
                header[0] = (uint)term;
                header[1] = list.First;
                header[2] = list.Last;
                header[3] = list.Count;
                header[4] = list.Bytes;
                Write(MemoryMarshal.AsBytes(header));
                lists.CopyTo(term, sink);
            }

            _file.Write(_buffer, 0, _end);
            _file.Position = 0;
            _end = 0;
            Next();
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>The term of the list that comes next, or -1 after the last.</summary>
    public int Term { get; private set; }

    /// <summary>That list.</summary>
    public PostingList List { get; private set; }

    /// <summary>Reads the differences of that list, and goes on to the next.</summary>
    public void CopyTo(PostingSink to)
    {
        for (long rest = List.Bytes; rest > 0;)
        {
            if (_start == _end && !Fill(1))
                throw new EndOfStreamException();
            var length = (int)Math.Min(rest, _end - _start);
            to(_buffer.AsSpan(_start, length));
            _start += length;
            rest -= length;
        }

        Next();
    }

    public void Dispose() => _file.Dispose();

    private void Next()
    {
        if (_end - _start < HeaderBytes && !Fill(HeaderBytes))
        {
            Term = -1;
            return;
        }

        var header = MemoryMarshal.Cast<byte, uint>(_buffer.AsSpan(_start, HeaderBytes));
        Term = (int)header[0];
        List = new PostingList(header[1], header[2], header[3], header[4]);
        _start += HeaderBytes;
    }

    private bool Fill(int wanted)
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        while (_end < wanted)
        {
            var read = _file.Read(_buffer, _end, _buffer.Length - _end);
            if (read == 0)
                return false;
            _end += read;
        }

        return true;
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_end == _buffer.Length)
            {
                _file.Write(_buffer, 0, _end);
                _end = 0;
            }

            var length = Math.Min(bytes.Length, _buffer.Length - _end);
            bytes[..length].CopyTo(_buffer.AsSpan(_end));
            _end += length;
            bytes = bytes[length..];
        }
    }
}
