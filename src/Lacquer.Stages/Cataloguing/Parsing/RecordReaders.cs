using Lacquer.Formats.Accessions;
using Lacquer.Stages.Sources;

namespace Lacquer.Stages.Cataloguing.Parsing;

/// <summary>The readers of all adapters' records.</summary>
internal static class RecordReaders
{
    /// <summary>Whether the records of an adapter can be read.</summary>
    public static bool IsKnown(string adapter) => AudioRecord.IsOf(adapter) || adapter is DocumentRecords.MusicBrainzAdapter or DocumentRecords.ReleaseAdapter || AdapterList.Of(adapter) is not null;

    /// <summary>A reader for one core.</summary>
    public static IRecordReader Of(AccessionHeader accession, RecordOrigin origin) => accession.Adapter switch
    {
        var folder when AudioRecord.IsOf(folder) => new FolderRecords(origin),
        DocumentRecords.MusicBrainzAdapter => new DocumentRecords(origin, areMbids: true),
        _ when AdapterList.Of(accession.Adapter) is { } adapter => new SourceRecords(origin, adapter.Reading(accession.Settings)),
        _ => new DocumentRecords(origin, areMbids: false),
    };
}
