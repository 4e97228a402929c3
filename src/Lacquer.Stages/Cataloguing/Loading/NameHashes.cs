using System.IO.Hashing;
using Lacquer.Stages.Cataloguing.Staging;

namespace Lacquer.Stages.Cataloguing.Loading;

/// <summary>Hashes of the artists' names by rank: whether a credit calls an artist by its own name is asked for every credit. 16 bytes an artist.</summary>
internal sealed class NameHashes(Columns columns, int artists)
{
    private readonly Column<UInt128> _hashes = columns.New<UInt128>(artists + 1L);
    private int _last;

    /// <summary>The name of the next artist in rank order.</summary>
    public void Add(ReadOnlySpan<byte> name) => _hashes[++_last] = XxHash128.HashToUInt128(name);

    public bool IsNamed(uint artist, ReadOnlySpan<byte> name) => _hashes[artist] == XxHash128.HashToUInt128(name);
}
