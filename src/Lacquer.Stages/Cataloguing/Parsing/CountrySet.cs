using System.Numerics;
using Lacquer.Stages.Cataloguing.Staging;

namespace Lacquer.Stages.Cataloguing.Parsing;

/// <summary>Codes of two capital letters (ISO 3166-1 alpha-2, and MusicBrainz's XW and XE), each once, in order.</summary>
internal sealed class CountrySet
{
    private const int Letters = 26;
    private readonly ulong[] _bits = new ulong[(Letters * Letters + 63) / 64];

    public void Clear() => Array.Clear(_bits);

    /// <summary>Adds a code, of capital letters.</summary>
    public void Add(byte first, byte second)
    {
        var number = (first - 'A') * Letters + (second - 'A');
        _bits[number >> 6] |= 1UL << (number & 63);
    }

    /// <summary>The codes, two letters each, with nothing between them.</summary>
    public void WriteTo(PayloadWriter payload)
    {
        for (var word = 0; word < _bits.Length; word++)
        {
            for (var rest = _bits[word]; rest != 0; rest &= rest - 1)
            {
                var number = word * 64 + BitOperations.TrailingZeroCount(rest);
                var room = payload.Room(2);
                room[0] = (byte)('A' + number / Letters);
                room[1] = (byte)('A' + number % Letters);
            }
        }
    }
}
