namespace Lacquer.Formats.Archives;

/// <summary>How many encoded files are decoded again and compared with their sources.</summary>
public enum ResultCheck
{
    /// <summary>One in <see cref="ArchiveConfiguration.SampledOneIn"/>, chosen by the hash of its source.</summary>
    Sample,

    /// <summary>Every one.</summary>
    Full,

    /// <summary>None.</summary>
    None,
}

/// <content>The table <c>[ingest]</c>, and what becomes of lossy sources.</content>
public sealed partial record ArchiveConfiguration
{
    /// <summary>Of so many encoded files one is checked, where a sample is.</summary>
    public const int SampledOneIn = 50;

    private static ResultCheck ReadCheck(Section ingest) => ingest.Text("check", "sample") switch
    {
        "sample" => ResultCheck.Sample,
        "full" => ResultCheck.Full,
        "none" => ResultCheck.None,
        _ => throw ingest.Bad("check", "\"sample\", \"full\" or \"none\""),
    };

    private static bool ReadKeepsLossy(Section tiers) => tiers.Text("lossy", "encode") switch
    {
        "encode" => false,
        "keep" => true,
        _ => throw tiers.Bad("lossy", "\"encode\" or \"keep\""),
    };

    private static bool ReadHasCovers(Section ingest) => ingest.Text("cover", "none") switch
    {
        "none" => false,
        "small" => true,
        _ => throw ingest.Bad("cover", "\"none\" or \"small\""),
    };
}
