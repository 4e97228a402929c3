using Lacquer.Formats.Archives;
using Lacquer.Formats.Objects;

namespace Lacquer.Stages.Workbench;

/// <summary>Deletes audio that was withdrawn. The ledger forgets it first; a note in the work folder names what may still lie in the store, so that the next run deletes what a killed one left.</summary>
internal static class Erasure
{
    private const string NotePrefix = "erase-";

    /// <summary>Deletes what may go: what stands in no volume, and is of no recording that is not withdrawn.</summary>
    public static async Task RunAsync(OpenArchive archive, IObjectStore objects, CancellationToken stop)
    {
        var work = archive.Layout.Work;
        Directory.CreateDirectory(work);
        foreach (var note in Directory.EnumerateFiles(work, NotePrefix + "*").ToList())
        {
            if (ObjectName.TryParse(Path.GetFileName(note)[NotePrefix.Length..], out var left) && archive.Ledger.Object(left.Root) is null)
                await objects.DeleteAsync(left, stop).ConfigureAwait(false);
            File.Delete(note);
        }

        foreach (var (recording, obj) in archive.Ledger.ToErase())
        {
            var name = ObjectName.Of(obj);
            var note = Note(archive.Layout, name);
            if (archive.Ledger.Erased(recording, obj))
                await objects.DeleteAsync(name, stop).ConfigureAwait(false);
            File.Delete(note);
        }
    }

    /// <summary>Makes a note of an object that the store has, or is about to have: the next run deletes the object where the ledger does not know it, and the note in any case.</summary>
    /// <returns>The note.</returns>
    public static string Note(ArchiveLayout layout, ObjectName name)
    {
        Directory.CreateDirectory(layout.Work);
        var note = Path.Combine(layout.Work, NotePrefix + name.FileName);
        File.WriteAllBytes(note, []);
        return note;
    }
}
