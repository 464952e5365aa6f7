<?php
/**
 * Tells Mostik which order or good was saved. Put it beside /bitrix/php_interface/init.php and add
 * there: require_once __DIR__ . '/mostik_hook.php';
 *
 * It is a hint only: {"event": "order.saved", "id": 17}, signed with an HMAC (SHA-256, hex) of the
 * body in X-Signature. Mostik reads the record itself. It must never hold up or break the shop:
 * it waits for two seconds at the most, and whatever goes wrong is left to the next look of Mostik.
 */

use Bitrix\Main\Application;
use Bitrix\Main\Event;
use Bitrix\Main\EventManager;
use Bitrix\Main\Web\HttpClient;

/** https://<address of Mostik>/webhooks/<id of the connection> */
const MOSTIK_URL = 'https://mostik.example/webhooks/shop';
/** The door's secret of that connection. */
const MOSTIK_SECRET = 'put the secret of the door here';

function mostikTell(string $event, int $id): void
{
    static $told = [];
    if ($id <= 0 || isset($told["$event $id"])) {
        return; // one page may save an order many times
    }
    $told["$event $id"] = true;
    // After the answer is sent: the buyer does not wait for us.
    Application::getInstance()->addBackgroundJob(static function () use ($event, $id): void {
        try {
            $body = json_encode(['event' => $event, 'id' => $id]);
            $client = new HttpClient(['socketTimeout' => 2, 'streamTimeout' => 2]);
            $client->setHeader('Content-Type', 'application/json');
            $client->setHeader('X-Signature', hash_hmac('sha256', $body, MOSTIK_SECRET));
            $client->post(MOSTIK_URL, $body);
        } catch (\Throwable $ignored) {
            // The next look finds it.
        }
    });
}

$events = EventManager::getInstance();
$events->addEventHandler('sale', 'OnSaleOrderSaved', static function (Event $event): void {
    mostikTell('order.saved', (int)$event->getParameter('ENTITY')->getId());
});
$events->addEventHandler('iblock', 'OnAfterIBlockElementUpdate', static function (array $fields): void {
    mostikTell('product.saved', (int)($fields['ID'] ?? 0));
});
