using System.IO.Hashing;
using System.Text;
using Lacquer.Formats.Databases;
using Lacquer.Stages.Cataloguing.Staging;

namespace Lacquer.Stages.Cataloguing.Loading;

/// <summary>A table of texts that repeat, numbered as they are first used; a text is written when it gets its number.</summary>
internal sealed class TextDictionary(Columns columns, TableWriter table)
{
    private readonly HashIndex<UInt128> _known = columns.Index<UInt128>();

    /// <summary>The number of a text, or null for an empty one.</summary>
    public long? this[ReadOnlySpan<byte> text] => text.IsEmpty ? null : Number(text);

    public int Number(ReadOnlySpan<byte> text)
    {
        if (_known.TryAdd(XxHash128.HashToUInt128(text), out var known))
            table.With(known + 1L).WithText(text).Row();
        return (int)known + 1;
    }
}

/// <summary>A table of sets that repeat: of genres, of countries.</summary>
internal sealed class SetDictionary(Columns columns, TableWriter table)
{
    private readonly HashIndex<UInt128> _known = columns.Index<UInt128>();

    /// <summary>The number of a set of genres, or null for an empty one.</summary>
    public long? Genres(PayloadWords words, TextDictionary genres)
    {
        if (words.Count == 0)
            return null;
        var ids = new SortedSet<int>();
        var from = words.Reader();
        for (var i = 0; i < words.Count; i++)
            ids.Add(genres.Number(from.Text()));
        var hash = XxHash128.HashToUInt128(Encoding.ASCII.GetBytes(string.Join(',', ids)));
        if (!TryAdd(hash, out var number))
            return number;
        foreach (var id in ids)
            table.With(number).With(id).Row();
        return number;
    }

    /// <summary>The number of a set of countries, two letters each.</summary>
    public long? Countries(ReadOnlySpan<byte> codes)
    {
        if (codes.IsEmpty)
            return null;
        if (!TryAdd(XxHash128.HashToUInt128(codes), out var number))
            return number;
        for (var i = 0; i < codes.Length; i += 2)
            table.With(number).WithText(codes.Slice(i, 2)).Row();
        return number;
    }

    private bool TryAdd(UInt128 hash, out int number)
    {
        var isNew = _known.TryAdd(hash, out var known);
        number = (int)known + 1;
        return isNew;
    }
}
