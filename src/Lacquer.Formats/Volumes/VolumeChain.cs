using Lacquer.Formats.Ledgers;
using Lacquer.Formats.Torrents;

namespace Lacquer.Formats.Volumes;

/// <summary>A volume and those that took its place, one after another.</summary>
public static class VolumeChain
{
    /// <summary>
    /// What a volume's torrents are published with: the same as all others, and for clients that have another volume of its chain, by what they find its files there (BEP 38). All volumes of a chain are one collection, and no others: libtorrent 2.0.8 takes the
    /// same file for the one only under the same index, and ends where there is none. So at a successor that has fewer files, as former versions pressed them, a chain begins anew.
    /// </summary>
    /// <param name="envelope">What all are published with.</param>
    /// <param name="volume">The volume.</param>
    /// <param name="predecessors">By a volume's number, the one whose place it took.</param>
    public static TorrentEnvelope Of(this TorrentEnvelope envelope, VolumeRow volume, IReadOnlyDictionary<int, VolumeRow> predecessors)
    {
        var first = volume;
        while (Before(first) is { } before)
            first = before;
        return envelope with { Collection = first.Name, Similar = Before(volume)?.InfoHashV1 };

        VolumeRow? Before(VolumeRow its) => predecessors.GetValueOrDefault(its.Number) is { } before && before.Files == its.Files ? before : null;
    }
}
