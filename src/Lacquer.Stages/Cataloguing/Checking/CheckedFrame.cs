using Lacquer.Formats.Catalogues;

namespace Lacquer.Stages.Cataloguing.Checking;

/// <summary>What was found of a frame's records.</summary>
internal sealed class CheckedFrame
{
    public long Records { get; set; }

    public long SameRecords { get; set; }

    public long SetAside { get; set; }

    public long Tracks { get; set; }

    public int Bytes { get; set; }

    public string? Damage { get; set; }

    public List<KeyValuePair<string, long>> Same { get; } = [];

    /// <summary>Records that are not the same; with no differences, one of which nothing was made.</summary>
    public List<(RecordPlace Place, SaidRecord Record, List<FieldDifference> Differences)> Different { get; } = [];
}
