using Lacquer.Formats.Catalogues;
using Lacquer.Formats.Identity;

namespace Lacquer.Stages.Cataloguing.Checking;

/// <summary>Which entity a record was catalogued as, by the record's place: 12 bytes each.</summary>
internal sealed class PlaceTable
{
    // An accession has fewer uncompressed bytes than this says.
    private const int OffsetBits = 44;

    private readonly ulong[] _places;
    private readonly uint[] _ranks;

    public PlaceTable(CatalogueReader catalogue, EntityKind kind, CancellationToken stop)
    {
        var (places, ranks) = (new List<ulong>(), new List<uint>());
        foreach (var (rank, place) in catalogue.Places(kind))
        {
            places.Add(Key(place));
            ranks.Add((uint)rank);
            if ((places.Count & 0xFFFFF) == 0)
                stop.ThrowIfCancellationRequested();
        }

        (_places, _ranks) = ([.. places], [.. ranks]);
        Array.Sort(_places, _ranks);
    }

    /// <summary>The rank, or null where no entity was made of the record.</summary>
    public long? Find(RecordPlace place) => Array.BinarySearch(_places, Key(place)) is >= 0 and var at ? _ranks[at] : null;

    private static ulong Key(RecordPlace place) => (ulong)place.Accession << OffsetBits | (ulong)place.Offset;
}
