using System.Buffers.Binary;
using Lacquer.Formats.Identity;
using Lacquer.Formats.Ledgers;

namespace Lacquer.Stages.Mirroring;

/// <summary>Says of an object that it is surely not in the ledger, or that it may be: a Bloom filter of 16 bits an object, by which one in four hundred of the others may be. A name is a hash already, and none is taken of it.</summary>
internal sealed class RootFilter
{
    private readonly ulong[] _words;

    private RootFilter(long objects) => _words = new ulong[objects / 4 + 1];

    /// <summary>Of all objects of a ledger.</summary>
    public static RootFilter Of(Ledger ledger)
    {
        var filter = new RootFilter(ledger.ObjectTotals().Count);
        ledger.ScanRoots(filter.Add);
        return filter;
    }

    /// <summary>Whether an object may be there, by the 32 bytes of its name.</summary>
    public bool MayHave(ReadOnlySpan<byte> root)
    {
        for (var at = 0; at < Sha256Digest.LengthBytes; at += sizeof(ulong))
        {
            var (word, bit) = Place(root[at..]);
            if ((_words[word] & bit) == 0)
                return false;
        }

        return true;
    }

    private void Add(ReadOnlySpan<byte> root)
    {
        for (var at = 0; at < Sha256Digest.LengthBytes; at += sizeof(ulong))
        {
            var (word, bit) = Place(root[at..]);
            _words[word] |= bit;
        }
    }

    private (long Word, ulong Bit) Place(ReadOnlySpan<byte> from)
    {
        var hash = BinaryPrimitives.ReadUInt64LittleEndian(from);
        return ((long)((hash >> 6) % (ulong)_words.LongLength), 1UL << (int)(hash & 63));
    }
}
