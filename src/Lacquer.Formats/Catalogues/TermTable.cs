using System.Text;
using Lacquer.Formats.Findings;

namespace Lacquer.Formats.Catalogues;

/// <summary>A term of the index.</summary>
/// <param name="Text">The term.</param>
/// <param name="SmallestRank">The rank of the best-known entity that has it.</param>
/// <param name="Count">How many entities have it.</param>
internal readonly record struct Term(string Text, long SmallestRank, long Count);

/// <summary>One term, or all terms with a beginning.</summary>
/// <param name="Text">The term or the beginning.</param>
/// <param name="IsPrefix">Which of the two.</param>
public readonly record struct TermRange(string Text, bool IsPrefix)
{
    /// <summary>Whether a term lies in the range.</summary>
    public bool Covers(string term) => IsPrefix ? term.StartsWith(Text, StringComparison.Ordinal) : string.Equals(term, Text, StringComparison.Ordinal);
}

/// <summary>
/// The sorted terms of one full-text table: a tree of nodes of <see cref="FanOut"/> entries, written once. A leaf's entry is a term with its smallest rank and its count; an inner node's is the first
/// term and the smallest rank of a child. So a term is found, the terms with a beginning are counted, and they are listed from the best known on, by reading a few nodes however many terms there are.
/// </summary>
internal sealed class TermTable : IDisposable
{
    /// <summary>Entries of a node; the last of each level may have fewer.</summary>
    public const int FanOut = 64;

    // Nodes kept decoded, about 4 KiB each.
    private const int MostKept = 1024;

    private readonly Statement _node;
    private readonly string _table;
    private readonly Dictionary<long, Node> _kept = [];
    // First node id of each level, leaves first; the last level has one node, the root.
    private readonly List<long> _levels = [];

    public TermTable(SQLitePCL.sqlite3 database, string table, long count)
    {
        _table = table;
        Count = count;
        _node = new Statement(database, $"SELECT entries FROM search.{table} WHERE node = ?1");
        long first = 1, nodes = (count + FanOut - 1) / FanOut;
        for (; nodes > 0; nodes = (nodes + FanOut - 1) / FanOut)
        {
            _levels.Add(first);
            first += nodes;
            if (nodes == 1)
                break;
        }
    }

    /// <summary>How many terms there are.</summary>
    public long Count { get; }

    /// <summary>The term, or null where it is not in the index.</summary>
    public Term? Find(string text)
    {
        if (Count == 0)
            return null;
        var wanted = Encoding.UTF8.GetBytes(text);
        var (leaf, index) = Seek(wanted, out var node);
        _ = leaf;
        return index < node.Length && node.Text(index).SequenceEqual(wanted) ? node.Entry(index) : null;
    }

    /// <summary>How many terms lie in the range.</summary>
    public long Size(TermRange range)
    {
        if (!range.IsPrefix)
            return Find(range.Text) is null ? 0 : 1;
        if (Count == 0)
            return 0;
        return Ordinal(After(range.Text)) - Ordinal(Encoding.UTF8.GetBytes(range.Text));
    }

    /// <summary>The terms of the ranges, each once, in the order of their smallest ranks. Read as far as they are asked for.</summary>
    public IEnumerable<Term> ByRank(IReadOnlyList<TermRange> ranges)
    {
        var queue = new PriorityQueue<Step, long>();
        var given = ranges.Count > 1 ? new HashSet<string>(StringComparer.Ordinal) : null;
        foreach (var range in ranges)
        {
            if (!range.IsPrefix)
            {
                if (Find(range.Text) is { } term)
                    queue.Enqueue(new Step(term, 0, 0, [], []), term.SmallestRank);
            }
            else if (Count > 0)
            {
                queue.Enqueue(new Step(null, _levels.Count - 1, 0, Encoding.UTF8.GetBytes(range.Text), After(range.Text)), 0);
            }
        }

        while (queue.TryDequeue(out var step, out _))
        {
            if (step.Term is { } term)
            {
                if (given?.Add(term.Text) ?? true)
                    yield return term;
                continue;
            }

            var node = Read(step.Level, step.Number);
            for (var i = 0; i < node.Length; i++)
            {
                if (node.Text(i).SequenceCompareTo(step.To) >= 0)
                    break;
                if (step.Level == 0)
                {
                    if (node.Text(i).SequenceCompareTo(step.From) >= 0)
                        queue.Enqueue(new Step(node.Entry(i), 0, 0, [], []), node.SmallestRank(i));
                }
                else if (i + 1 == node.Length || node.Text(i + 1).SequenceCompareTo(step.From) > 0)
                {
                    // A child that lies partly outside promises too good a rank, never too bad a one.
                    queue.Enqueue(step with { Level = step.Level - 1, Number = step.Number * FanOut + i }, node.SmallestRank(i));
                }
            }
        }
    }

    public void Dispose() => _node.Dispose();

    private static byte[] After(string prefix)
    {
        // 0xFF stands in no UTF-8 text.
        var bytes = Encoding.UTF8.GetBytes(prefix);
        return [.. bytes, 0xFF];
    }

    /// <summary>How many terms are smaller.</summary>
    private long Ordinal(byte[] text)
    {
        var (leaf, index) = Seek(text, out _);
        return leaf * FanOut + index;
    }

    /// <summary>The place of the first term that is not smaller, in the leaf where it would stand: the index may be the leaf's length.</summary>
    private (long Leaf, int Index) Seek(ReadOnlySpan<byte> text, out Node node)
    {
        long number = 0;
        for (var level = _levels.Count - 1; ; level--)
        {
            node = Read(level, number);
            var (low, high) = (0, node.Length);
            while (low < high)
            {
                var middle = (low + high) >> 1;
                var compared = node.Text(middle).SequenceCompareTo(text);
                // In an inner node: past the last child that begins at or before the text. In a leaf: to the first term that is not smaller.
                if (level > 0 ? compared <= 0 : compared < 0) low = middle + 1;
                else high = middle;
            }

            if (level == 0)
                return (number, low);
            number = number * FanOut + Math.Max(low - 1, 0);
        }
    }

    private Node Read(int level, long number)
    {
        var id = _levels[level] + number;
        if (_kept.TryGetValue(id, out var kept))
            return kept;
        _node.Bind(1, id);
        try
        {
            var node = _node.Step() ? Node.Decode(_node.Blob(0), isLeaf: level == 0) : null;
            if (node is null || node.Length == 0)
                throw new LacquerException(Failure.Damaged, FormattableString.Invariant($"node {id} of the table {_table} in {CatalogueReader.SearchFileName} cannot be read"), $"delete the file; {CatalogueReader.MadeAgain}");
            if (_kept.Count >= MostKept)
                _kept.Clear();
            _kept.Add(id, node);
            return node;
        }
        finally
        {
            _node.Reset();
        }
    }

    /// <summary>A term, or a node that has some, on the way of <see cref="ByRank"/>.</summary>
    private readonly record struct Step(Term? Term, int Level, long Number, byte[] From, byte[] To);

    /// <summary>A decoded node.</summary>
    private sealed class Node
    {
        private readonly byte[] _texts;
        private readonly int[] _ends;
        private readonly long[] _ranks;
        private readonly long[] _counts;

        private Node(byte[] texts, int[] ends, long[] ranks, long[] counts) => (_texts, _ends, _ranks, _counts) = (texts, ends, ranks, counts);

        public int Length => _ends.Length;

        public ReadOnlySpan<byte> Text(int index) => _texts.AsSpan(Start(index).._ends[index]);

        public long SmallestRank(int index) => _ranks[index];

        public Term Entry(int index) => new(Encoding.UTF8.GetString(Text(index)), _ranks[index], _counts[index]);

        /// <summary>Null where the bytes are not a node.</summary>
        public static Node? Decode(ReadOnlySpan<byte> bytes, bool isLeaf)
        {
            var texts = new List<byte>(FanOut * 16);
            var ends = new List<int>(FanOut);
            var ranks = new List<long>(FanOut);
            var counts = new List<long>(FanOut);
            var last = 0;
            while (bytes.Length > 0)
            {
                if (!Varint.TryRead(ref bytes, out var shared) || !Varint.TryRead(ref bytes, out var rest) || shared > texts.Count - last || rest > bytes.Length || ends.Count == FanOut)
                    return null;
                var start = texts.Count;
                for (var i = 0; i < shared; i++)
                    texts.Add(texts[last + i]);
                texts.AddRange(bytes[..(int)rest]);
                bytes = bytes[(int)rest..];
                long count = 0;
                if (!Varint.TryRead(ref bytes, out var rank) || (isLeaf && !Varint.TryRead(ref bytes, out count)))
                    return null;
                ends.Add(texts.Count);
                ranks.Add(rank);
                counts.Add(count);
                last = start;
            }

            return new Node([.. texts], [.. ends], [.. ranks], [.. counts]);
        }

        private int Start(int index) => index == 0 ? 0 : _ends[index - 1];
    }
}

/// <summary>Writes a <see cref="TermTable"/> from terms that come in the order of their UTF-8 bytes.</summary>
internal sealed class TermTableWriter(Action<long, byte[]> node)
{
    private readonly List<byte> _bytes = [];
    private readonly List<(byte[] First, long SmallestRank)> _children = [];
    private byte[] _first = [];
    private byte[] _last = [];
    private long _smallest;
    private int _entries;
    private long _nodes;

    /// <summary>How many terms were added.</summary>
    public long Count { get; private set; }

    /// <summary>Adds the next term.</summary>
    public void Add(ReadOnlySpan<byte> text, long smallestRank, long count)
    {
        if (Count > 0 && text.SequenceCompareTo(_last) <= 0)
            throw new ArgumentException("terms come in order, each once", nameof(text));
        if (_entries == TermTable.FanOut)
            EndNode(_children);
        Entry(text, smallestRank);
        Varint.Write(_bytes, count);
        Count++;
    }

    /// <summary>Writes what is left and the levels above the leaves.</summary>
    public void Finish()
    {
        var level = _children;
        if (_entries > 0)
            EndNode(level);
        while (level.Count > 1)
        {
            var above = new List<(byte[] First, long SmallestRank)>();
            foreach (var (first, smallest) in level)
            {
                if (_entries == TermTable.FanOut)
                    EndNode(above);
                Entry(first, smallest);
            }

            EndNode(above);
            level = above;
        }
    }

    private void Entry(ReadOnlySpan<byte> text, long smallestRank)
    {
        var shared = _entries == 0 ? 0 : text.CommonPrefixLength(_last);
        Varint.Write(_bytes, shared);
        Varint.Write(_bytes, text.Length - shared);
        _bytes.AddRange(text[shared..]);
        Varint.Write(_bytes, smallestRank);
        _last = text.ToArray();
        if (_entries == 0)
            _first = _last;
        _smallest = _entries == 0 ? smallestRank : Math.Min(_smallest, smallestRank);
        _entries++;
    }

    private void EndNode(List<(byte[] First, long SmallestRank)> level)
    {
        node(++_nodes, [.. _bytes]);
        level.Add((_first, _smallest));
        _bytes.Clear();
        _entries = 0;
    }
}

/// <summary>Whole numbers from 0 in groups of seven bits, the lowest first, the high bit set on all bytes but the last (LEB128).</summary>
internal static class Varint
{
    public static void Write(List<byte> bytes, long value)
    {
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
    }

    public static bool TryRead(ref ReadOnlySpan<byte> bytes, out long value)
    {
        value = 0;
        for (var i = 0; i < bytes.Length && i < 9; i++)
        {
            value |= (long)(bytes[i] & 0x7F) << (7 * i);
            if (bytes[i] < 0x80)
            {
                bytes = bytes[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
